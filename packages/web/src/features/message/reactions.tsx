import type { ChatMessage } from '@parley/client';
import type { MessageView } from '@parley/protocol';
import { SmilePlus } from 'lucide-react';
import { useUsers } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { usePopover } from '../../ui/use-popover.ts';
import { useConversation } from '../conversation/conversation-context.tsx';
import { EmojiPopover } from '../emoji/emoji-popover.tsx';
import { useReact } from './use-message-actions.ts';
import './reactions.css';

type Reaction = NonNullable<MessageView['reactions']>[number];

/** Who reacted how; a click joins in or takes it back. */
export function Reactions({ message }: { readonly message: ChatMessage }) {
  const { t } = useWords();
  const { reactions } = message;
  if (reactions === undefined || reactions.length === 0) return null;
  return (
    <ul className="reactions" aria-label={t('reactions.label')}>
      {reactions.map((reaction) => (
        <li key={reaction.emoji}>
          <ReactionButton message={message} reaction={reaction} />
        </li>
      ))}
      <li>
        <AddReaction message={message} />
      </li>
    </ul>
  );
}

function ReactionButton({ message, reaction }: { readonly message: ChatMessage; readonly reaction: Reaction }) {
  const { t, format } = useWords();
  const { userId, may } = useConversation();
  const people = useUsers(reaction.userIds);
  const react = useReact(message);
  const isMine = userId !== null && reaction.userIds.includes(userId);
  const names = people.map((person) => (person?.id === userId ? t('common.you') : (person?.displayName ?? '…')));
  const more = reaction.count - names.length;
  const who = format.list(more > 0 ? [...names, t('reactions.more', { count: more })] : names);
  return (
    <button
      type="button"
      className="reaction"
      aria-pressed={isMine}
      aria-label={t('reactions.one', { emoji: reaction.emoji, count: reaction.count })}
      data-tip={who}
      disabled={!may('message.react')}
      onClick={() => react(reaction.emoji, !isMine)}
    >
      <span aria-hidden="true">{reaction.emoji}</span>
      <span className="reaction-count">{format.number(reaction.count)}</span>
    </button>
  );
}

function AddReaction({ message }: { readonly message: ChatMessage }) {
  const { t } = useWords();
  const { may } = useConversation();
  const { isOpen, close, anchor, trigger } = usePopover();
  const react = useReact(message);
  if (!may('message.react')) return null;
  return (
    <>
      <button
        {...trigger}
        type="button"
        className="reaction reaction-add"
        aria-label={t('reactions.add')}
        data-tip={t('reactions.add')}
      >
        <SmilePlus size={15} aria-hidden="true" />
      </button>
      {isOpen && <EmojiPopover anchor={anchor} side="above" onPick={(emoji) => react(emoji, true)} onClose={close} />}
    </>
  );
}
