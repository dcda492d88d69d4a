import type { ChatMessage } from '@parley/client';
import { Bell, Copy, Eye, Forward, Link, Pencil, Pin, PinOff, Trash2 } from 'lucide-react';
import { useChannel } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { hrefOf, toChannel } from '../../lib/routes.ts';
import type { MenuItem } from '../../ui/menu.tsx';
import { notify } from '../../ui/notices.tsx';
import { useConversation } from '../conversation/conversation-context.tsx';
import { useAttempt } from './use-message-actions.ts';

interface Options {
  readonly message: ChatMessage;
  readonly onMarkUnread: () => void;
  readonly onDelete: () => void;
  readonly onForward: () => void;
}

/** The menu of a message: only what the user may do with it. */
export function useMessageMenu({ message, onMarkUnread, onDelete, onForward }: Options): readonly MenuItem[] {
  const { t } = useWords();
  const { channelId, userId, may, isThread, startEdit, showReaders } = useConversation();
  const channel = useChannel(channelId);
  const attempt = useAttempt();
  const isOwn = message.senderId === userId;
  const isPinned = message.pinnedAt !== undefined;
  const copy = (text: string) => {
    navigator.clipboard.writeText(text).then(
      () => notify(t('message.copied')),
      () => notify(t('message.copyFailed'), 'problem'),
    );
  };
  const link = new URL(hrefOf(toChannel(channelId, undefined, message.seq)), location.href).href;
  const items: (MenuItem | false)[] = [
    isOwn &&
      may('message.edit_own') && {
        label: t('message.edit'),
        icon: Pencil,
        hint: 'E',
        onSelect: () => startEdit(message.id),
      },
    may('message.pin') && {
      label: isPinned ? t('message.unpin') : t('message.pin'),
      icon: isPinned ? PinOff : Pin,
      onSelect: () => attempt(channel.pin(message.id, !isPinned)),
    },
    message.body !== '' && { label: t('message.forward'), icon: Forward, onSelect: onForward },
    { label: t('message.copyText'), icon: Copy, onSelect: () => copy(message.body) },
    !isThread && { label: t('message.copyLink'), icon: Link, onSelect: () => copy(link) },
    { label: t('message.readers'), icon: Eye, onSelect: () => showReaders(message) },
    !isOwn && {
      label: t('message.markUnread'),
      icon: Bell,
      onSelect: () => {
        onMarkUnread();
        attempt(channel.markUnread(message.seq));
      },
    },
    may(isOwn ? 'message.delete_own' : 'message.delete_any') && {
      label: t('message.delete'),
      icon: Trash2,
      isDanger: true,
      startsGroup: true,
      onSelect: onDelete,
    },
  ];
  return items.filter((item) => item !== false);
}
