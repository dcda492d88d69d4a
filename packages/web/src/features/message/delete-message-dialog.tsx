import type { ChatMessage } from '@parley/client';
import { useChannel } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { useConversation } from '../conversation/conversation-context.tsx';
import { QuotedMessage } from './reply-quote.tsx';
import { useAttempt } from './use-message-actions.ts';

/** Asks once more: what is deleted is gone for everybody. */
export function DeleteMessageDialog({
  message,
  onClose,
}: {
  readonly message: ChatMessage;
  readonly onClose: () => void;
}) {
  const { t } = useWords();
  const { channelId } = useConversation();
  const channel = useChannel(channelId);
  const attempt = useAttempt();
  const remove = () => {
    onClose();
    attempt(channel.delete(message.id));
  };
  return (
    <Dialog
      title={t('message.deleteTitle')}
      size="small"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button look="danger" onClick={remove}>
            {t('message.delete')}
          </Button>
        </>
      }
    >
      <p className="soft-text">{t('message.deleteText')}</p>
      <blockquote className="quote-box">
        <QuotedMessage message={message} />
      </blockquote>
    </Dialog>
  );
}
