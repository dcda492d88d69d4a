import type { ChatMessage } from '@parley/client';
import type { KeyboardEvent } from 'react';
import { useConversation } from '../conversation/conversation-context.tsx';

/** Single keys on a focused message: R replies, T opens the thread, E edits; Escape goes back to writing. */
export function useMessageKeys(message: ChatMessage): (event: KeyboardEvent<HTMLElement>) => void {
  const { userId, may, startReply, startEdit, openThread, focusComposer, isThread } = useConversation();
  return (event) => {
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const isThere = message.seq > 0 && message.deletedAt === undefined;
    const isOwn = message.senderId === userId && message.kind === 'text';
    const actions: Partial<Record<string, () => void>> = {
      r: isThere && may('message.send') ? () => startReply(message) : undefined,
      t: isThere && !isThread ? () => openThread(message) : undefined,
      e: isThere && isOwn && may('message.edit_own') ? () => startEdit(message.id) : undefined,
      Escape: focusComposer,
    };
    const act = actions[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };
}
