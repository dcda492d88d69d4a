import type { ChatMessage } from '@parley/client';
import { useCallback } from 'react';
import { errorText } from '../../chat/error-text.ts';
import { useChannel } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { notify } from '../../ui/notices.tsx';
import { useConversation } from '../conversation/conversation-context.tsx';

/** Runs what may fail, and tells the user when it does. */
export function useAttempt(): (work: Promise<unknown>) => void {
  const words = useWords();
  return useCallback(
    (work) => {
      work.catch((error: unknown) => notify(errorText(words, error), 'problem'));
    },
    [words],
  );
}

/** Adds the user's reaction to a message, or takes it back. */
export function useReact(message: ChatMessage): (emoji: string, on: boolean) => void {
  const { channelId } = useConversation();
  const channel = useChannel(channelId);
  const attempt = useAttempt();
  return useCallback((emoji, on) => attempt(channel.react(message.id, emoji, on)), [attempt, channel, message.id]);
}
