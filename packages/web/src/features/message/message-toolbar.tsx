import type { ChatMessage } from '@parley/client';
import { Ellipsis, MessagesSquare, Reply, SmilePlus } from 'lucide-react';
import { Suspense, useState } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { IconButton } from '../../ui/button.tsx';
import { Menu } from '../../ui/menu.tsx';
import { usePopover } from '../../ui/use-popover.ts';
import { useConversation } from '../conversation/conversation-context.tsx';
import { EmojiPopover } from '../emoji/emoji-popover.tsx';
import { QUICK_EMOJI, useRecentEmoji } from '../emoji/recent-emoji.ts';
import { DeleteMessageDialog } from './delete-message-dialog.tsx';
import { ForwardDialog } from './lazy-dialogs.ts';
import { useReact } from './use-message-actions.ts';
import { useMessageMenu } from './use-message-menu.ts';

interface MessageToolbarProps {
  readonly message: ChatMessage;
  /** Says whether something of it is open: then it stays though the pointer leaves. */
  readonly onOpenChange: (isOpen: boolean) => void;
  readonly onMarkUnread: () => void;
}

/** What one can do with a message. */
export function MessageToolbar({ message, onOpenChange, onMarkUnread }: MessageToolbarProps) {
  const { t } = useWords();
  const { may, isThread, startReply, openThread } = useConversation();
  const [dialog, setDialog] = useState<'delete' | 'forward' | null>(null);
  const show = (wanted: typeof dialog) => {
    setDialog(wanted);
    onOpenChange(wanted !== null);
  };
  const items = useMessageMenu({
    message,
    onMarkUnread,
    onDelete: () => show('delete'),
    onForward: () => show('forward'),
  });
  return (
    <div className="message-toolbar" role="toolbar" aria-label={t('message.tools')}>
      {may('message.react') && <ReactionTools message={message} onOpenChange={onOpenChange} />}
      {may('message.send') && (
        <IconButton icon={Reply} label={t('message.reply')} keys="R" size="small" onClick={() => startReply(message)} />
      )}
      {!isThread && (
        <IconButton
          icon={MessagesSquare}
          label={t('message.openThread')}
          keys="T"
          size="small"
          onClick={() => openThread(message)}
        />
      )}
      <Menu
        label={t('message.more')}
        items={items}
        onOpenChange={onOpenChange}
        trigger={(props) => <IconButton {...props} icon={Ellipsis} label={t('message.more')} size="small" />}
      />
      {dialog === 'delete' && <DeleteMessageDialog message={message} onClose={() => show(null)} />}
      <Suspense fallback={null}>
        {dialog === 'forward' && <ForwardDialog message={message} onClose={() => show(null)} />}
      </Suspense>
    </div>
  );
}

interface ReactionToolsProps {
  readonly message: ChatMessage;
  readonly onOpenChange: (isOpen: boolean) => void;
}

/** The reactions that one uses most, and all others. */
function ReactionTools({ message, onOpenChange }: ReactionToolsProps) {
  const { t } = useWords();
  const { isOpen, close, anchor, trigger } = usePopover(onOpenChange);
  const react = useReact(message);
  const recent = useRecentEmoji();
  const quick = [...new Set([...recent, ...QUICK_EMOJI])].slice(0, 3);
  return (
    <>
      {quick.map((emoji) => (
        <button
          key={emoji}
          type="button"
          className="icon-button icon-button-small toolbar-emoji"
          aria-label={t('reactions.with', { emoji })}
          onClick={() => react(emoji, true)}
        >
          {emoji}
        </button>
      ))}
      <IconButton {...trigger} icon={SmilePlus} label={t('reactions.add')} size="small" />
      {isOpen && <EmojiPopover anchor={anchor} align="end" onPick={(emoji) => react(emoji, true)} onClose={close} />}
    </>
  );
}
