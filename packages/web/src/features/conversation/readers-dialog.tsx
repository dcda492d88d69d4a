import type { ChatMessage } from '@parley/client';
import type { OutputOf, UserId } from '@parley/protocol';
import { CheckCheck } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { errorText } from '../../chat/error-text.ts';
import { useReceipts, useUsers } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { Problem } from '../entrance/problem.tsx';
import { QuotedMessage } from '../message/reply-quote.tsx';

type Status = OutputOf<'receipt.status'>;

/** Who has read a message, who has it on a device, and how many there are. */
export function ReadersDialog({ message, onClose }: { readonly message: ChatMessage; readonly onClose: () => void }) {
  const words = useWords();
  const { t } = words;
  const { status, error } = useStatus(message);
  return (
    <Dialog title={t('readers.title')} size="small" onClose={onClose}>
      <blockquote className="quote-box">
        <QuotedMessage message={message} />
      </blockquote>
      <Problem text={error === null ? null : errorText(words, error)} />
      {status === null && error === null && <Spinner />}
      {status !== null && <StatusLists status={status} />}
    </Dialog>
  );
}

function StatusLists({ status }: { readonly status: Status }) {
  const { t, format } = useWords();
  const read = new Set(status.readBy);
  const onlyDelivered = status.deliveredTo.filter((id) => !read.has(id));
  const others = Math.max(0, status.members - 1);
  return (
    <>
      <p className="soft-text">
        {t('readers.summary', { read: status.read, delivered: status.delivered, count: others })}
      </p>
      <PeopleSection title={t('readers.read')} kind="read" userIds={status.readBy} />
      <PeopleSection title={t('readers.delivered')} kind="delivered" userIds={onlyDelivered} />
      <p className="soft-text">{t('readers.sentAt', { when: format.exact(status.status.timestamp) })}</p>
    </>
  );
}

interface PeopleSectionProps {
  readonly title: string;
  readonly kind: 'read' | 'delivered';
  readonly userIds: readonly UserId[];
}

function PeopleSection({ title, kind, userIds }: PeopleSectionProps) {
  const people = useUsers(userIds);
  if (userIds.length === 0) return null;
  return (
    <section className="people-section">
      <h3>
        <CheckCheck size={16} className={`status-${kind}`} aria-hidden="true" /> {title}
      </h3>
      <ul className="people">
        {people.map((person, index) => (
          <li key={userIds[index]} className="person">
            <Avatar
              id={userIds[index] ?? ''}
              name={person?.displayName ?? '…'}
              isBot={person?.kind === 'bot'}
              size="s"
            />
            <bdi>{person?.displayName ?? '…'}</bdi>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Asks how far a message has got, and again when somebody gets further. */
function useStatus(message: ChatMessage): { readonly status: Status | null; readonly error: unknown } {
  const client = useClient();
  const receipts = useReceipts(message.channelId);
  const [state, setState] = useState<{ status: Status | null; error: unknown }>({ status: null, error: null });
  // biome-ignore lint/correctness/useExhaustiveDependencies: new receipts ask again.
  useEffect(() => {
    let isCurrent = true;
    client.call('receipt.status', { channelId: message.channelId, messageId: message.id }).then(
      (status) => isCurrent && setState({ status, error: null }),
      (error: unknown) => isCurrent && setState((last) => ({ ...last, error })),
    );
    return () => {
      isCurrent = false;
    };
  }, [client, message.channelId, message.id, receipts]);
  return state;
}
