import type { ChatMessage } from '@parley/client';
import { errorText } from '../../chat/error-text.ts';
import { useChannel } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { useConversation } from '../conversation/conversation-context.tsx';

/** Why a message was not sent, and what can be done about it. */
export function MessageFailure({ message }: { readonly message: ChatMessage }) {
  const words = useWords();
  const { channelId, focusComposer } = useConversation();
  const channel = useChannel(channelId);
  if (message.status !== 'failed') return null;
  return (
    <div className="message-failure">
      <span>{words.t('failure.notSent', { reason: errorText(words, message.error) })}</span>
      <button
        type="button"
        className="link-button"
        onClick={() => {
          channel.retry(message.id).catch(() => {});
          focusComposer();
        }}
      >
        {words.t('common.retry')}
      </button>
      <button
        type="button"
        className="link-button"
        onClick={() => {
          channel.discard(message.id);
          focusComposer();
        }}
      >
        {words.t('failure.discard')}
      </button>
    </div>
  );
}
