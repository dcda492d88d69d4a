import type { ChatMessage } from '@parley/client';
import type { UserId } from '@parley/protocol';
import { Pin } from 'lucide-react';
import { memo, useContext, useId, useState } from 'react';
import { useUser } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { classNames } from '../../lib/class-names.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { EditingContext, useConversation } from '../conversation/conversation-context.tsx';
import { AttachedFiles } from '../files/attached-files.tsx';
import type { Delivery } from '../message-list/use-delivery.ts';
import { PersonButton } from '../profile/profile-card.tsx';
import { MessageBody } from './message-body.tsx';
import { MessageEditor } from './message-editor.tsx';
import { MessageFailure } from './message-failure.tsx';
import { MessageStatus } from './message-status.tsx';
import { MessageToolbar } from './message-toolbar.tsx';
import { Reactions } from './reactions.tsx';
import { ReplyQuote } from './reply-quote.tsx';
import { ThreadLink } from './thread-link.tsx';
import { useMessageKeys } from './use-message-keys.ts';
import './message.css';

interface MessageItemProps {
  readonly message: ChatMessage;
  readonly isHead: boolean;
  /** The message that this one quotes, when it is loaded. */
  readonly quoted: ChatMessage | null;
  /** How far it has got; null for messages of others. */
  readonly delivery: Delivery | null;
  readonly isTabStop: boolean;
  readonly isTarget: boolean;
  readonly onMarkUnread: () => void;
}

/** One message with all that hangs on it. Its tools are there while the pointer or the focus is. */
export const MessageItem = memo(function MessageItem(props: MessageItemProps) {
  const { message, isHead, quoted, delivery, isTabStop, isTarget, onMarkUnread } = props;
  const { t, format } = useWords();
  const author = useUser(message.senderId);
  const isEditing = useContext(EditingContext) === message.id;
  const [isHovered, setHovered] = useState(false);
  const [hasFocus, setFocus] = useState(false);
  const [isOpen, setOpen] = useState(false);
  const headId = useId();
  const name = author?.displayName ?? t('message.unknownAuthor');
  const isDeleted = message.deletedAt !== undefined;
  const { userId } = useConversation();
  const isMention = !isDeleted && isFor(message, userId);
  const onKeyDown = useMessageKeys(message);
  const hasTools = (isHovered || hasFocus || isOpen) && !isEditing && !isDeleted && message.seq > 0;
  return (
    <article
      className={classNames(
        'message',
        isHead && 'message-head',
        isMention && 'message-mention',
        isTarget && 'message-target',
        hasTools && 'message-active',
        message.seq === 0 && 'message-waiting',
        isEditing && 'message-editing',
      )}
      data-message={message.id}
      data-seq={message.seq}
      tabIndex={isTabStop ? 0 : -1}
      aria-labelledby={headId}
      onKeyDown={onKeyDown}
      onPointerEnter={() => setHovered(true)}
      onPointerLeave={() => setHovered(false)}
      onFocus={(event) => setFocus(isMeant(event.target))}
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setFocus(false);
      }}
    >
      <div className="message-side">
        {isHead ? (
          <PersonButton userId={message.senderId} isSilent>
            <Avatar id={message.senderId} name={name} isBot={author?.kind === 'bot'} />
          </PersonButton>
        ) : (
          <time className="message-time" dateTime={new Date(message.createdAt).toISOString()}>
            {format.time(message.createdAt)}
          </time>
        )}
      </div>
      <div className="message-main">
        <MessageHeader id={headId} message={message} isShown={isHead} />
        {message.replyTo !== undefined && !isDeleted && <ReplyQuote seq={message.replyTo} quoted={quoted} />}
        <div className="message-line">
          <div className="message-content">
            {isEditing ? <MessageEditor message={message} /> : <MessageBody message={message} />}
            <AttachedFiles message={message} />
          </div>
          <MessageStatus delivery={delivery} message={message} />
        </div>
        <MessageFailure message={message} />
        <Reactions message={message} />
        <ThreadLink message={message} />
      </div>
      {hasTools && <MessageToolbar message={message} onOpenChange={setOpen} onMarkUnread={onMarkUnread} />}
    </article>
  );
});

interface MessageHeaderProps {
  readonly id: string;
  readonly message: ChatMessage;
  /** False: for those who listen alone. */
  readonly isShown: boolean;
}

/** Who said it, and when. */
function MessageHeader({ id, message, isShown }: MessageHeaderProps) {
  const { t, format } = useWords();
  const author = useUser(message.senderId);
  const name = author?.displayName ?? t('message.unknownAuthor');
  return (
    <header id={id} className={isShown ? 'message-header' : 'hidden-text'}>
      <PersonButton userId={message.senderId} className="message-author">
        <bdi>{name}</bdi>
      </PersonButton>
      {author?.kind === 'bot' && <span className="tag">{t('message.bot')}</span>}
      <time
        className="message-time"
        dateTime={new Date(message.createdAt).toISOString()}
        data-tip={format.exact(message.createdAt)}
      >
        {format.time(message.createdAt)}
      </time>
      {message.pinnedAt !== undefined && (
        <span className="message-pin">
          <Pin size={12} aria-hidden="true" />
          {t('message.pinned')}
        </span>
      )}
    </header>
  );
}

/** True for a message that calls the user, by name or with everybody. */
function isFor(message: ChatMessage, userId: UserId | null): boolean {
  if (userId === null || message.senderId === userId) return false;
  return message.everyone !== undefined || message.mentions?.includes(userId) === true;
}

/** A click leaves the focus behind without meaning it; keys and fingers mean it. */
function isMeant(target: Element): boolean {
  return target.matches(':focus-visible') || matchMedia('(hover: none)').matches;
}
