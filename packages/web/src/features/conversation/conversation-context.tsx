import type { ChatMessage } from '@parley/client';
import type { ChannelId, MessageId, UserId } from '@parley/protocol';
import type { Action } from '@parley/protocol/constants';
import { createContext, useContext } from 'react';

/** What is done with the messages of one conversation, be it a channel or a thread. The same object for as long as nothing in it changes. */
export interface Conversation {
  readonly channelId: ChannelId;
  /** The channel that rules over permissions and members: the same one, or a thread's root. */
  readonly rootId: ChannelId;
  readonly isThread: boolean;
  readonly userId: UserId | null;
  readonly may: (action: Action) => boolean;
  readonly startReply: (message: ChatMessage) => void;
  readonly startEdit: (messageId: MessageId | null) => void;
  readonly openThread: (message: ChatMessage) => void;
  /** Brings a message of this conversation into sight. */
  readonly showMessage: (seq: number) => void;
  readonly showReaders: (message: ChatMessage) => void;
  readonly focusComposer: () => void;
}

export const ConversationContext = createContext<Conversation | null>(null);

/** The message that is being edited, apart from the rest so that only two messages and their list are drawn again. */
export const EditingContext = createContext<MessageId | null>(null);

/** The conversation that a component is part of. */
export function useConversation(): Conversation {
  const conversation = useContext(ConversationContext);
  if (conversation === null) throw new Error('useConversation is called outside of a conversation');
  return conversation;
}
