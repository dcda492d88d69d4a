import type { ParkedSend, UserId } from '@parley/protocol';
import { MailWarning } from 'lucide-react';
import { useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useChannels, useUser } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { notify } from '../../ui/notices.tsx';
import { useAttempt } from '../message/use-message-actions.ts';

interface ParkedRowProps {
  readonly send: ParkedSend;
  readonly onChanged: () => void;
}

/** A send that was set aside: why, whose, and what is to become of it. */
export function ParkedRow({ send, onChanged }: ParkedRowProps) {
  const { t, format } = useWords();
  const client = useClient();
  const attempt = useAttempt();
  const [isAsking, setAsking] = useState(false);
  const { id, at, reason, isReadable, senderId } = send;
  const retry = () =>
    attempt(
      client.call('queue.retry', { id }).then(() => {
        notify(t('queue.retried'));
        onChanged();
      }),
    );
  return (
    <li>
      <MailWarning size={20} aria-hidden="true" />
      <div className="member-names">
        <strong>{reason}</strong>
        <span>
          {senderId === null ? t('queue.unreadable') : <Whose send={send} senderId={senderId} />} · {format.dated(at)}
        </span>
      </div>
      {isReadable && <Button onClick={retry}>{t('queue.retry')}</Button>}
      <Button onClick={() => setAsking(true)}>{t('queue.drop')}</Button>
      {isAsking && (
        <ConfirmDialog
          title={t('queue.dropTitle')}
          text={t('queue.dropText')}
          action={t('queue.drop')}
          onConfirm={() => attempt(client.call('queue.drop', { id }).then(onChanged))}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}

function Whose({ send: { channelId }, senderId }: { readonly send: ParkedSend; readonly senderId: UserId }) {
  const { t } = useWords();
  const sender = useUser(senderId);
  const channel = useChannels().find(({ id }) => id === channelId)?.channel;
  const where = channel === undefined ? t('queue.elsewhere') : `#${channel.name ?? '…'}`;
  return <>{t('queue.from', { name: sender?.displayName ?? '…', channel: where })}</>;
}
