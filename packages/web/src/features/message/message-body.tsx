import type { ChatMessage } from '@parley/client';
import { Suspense, useMemo, useState } from 'react';
import { useChannels, useUsers } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { hrefOf, toChannel } from '../../lib/routes.ts';
import { useConversation } from '../conversation/conversation-context.tsx';
import { Markdown, type References } from '../markdown/markdown.tsx';
import { EditsDialog } from './lazy-dialogs.ts';

/** What somebody wrote, or that it is gone. */
export function MessageBody({ message }: { readonly message: ChatMessage }) {
  const { t } = useWords();
  const references = useReferences(message);
  if (message.deletedAt !== undefined) return <p className="message-deleted">{t('message.deleted')}</p>;
  return (
    <div className="message-body">
      {message.body !== '' && <Markdown body={message.body} references={references} />}
      {message.editedAt !== undefined && <EditedMark message={message} editedAt={message.editedAt} />}
    </div>
  );
}

/** That a message was edited. For those who may know it leads to what it said before. */
function EditedMark({ message, editedAt }: { readonly message: ChatMessage; readonly editedAt: number }) {
  const { t, format } = useWords();
  const { userId, may } = useConversation();
  const [isOpen, setOpen] = useState(false);
  const mayKnow = message.senderId === userId || may('message.delete_any');
  if (!mayKnow) {
    return (
      <span className="message-edited" data-tip={format.exact(editedAt)}>
        {t('message.edited')}
      </span>
    );
  }
  return (
    <>
      <button
        type="button"
        className="message-edited"
        tabIndex={-1}
        data-tip={t('edits.show', { when: format.dated(editedAt) })}
        onClick={() => setOpen(true)}
      >
        {t('message.edited')}
      </button>
      <Suspense fallback={null}>{isOpen && <EditsDialog message={message} onClose={() => setOpen(false)} />}</Suspense>
    </>
  );
}

const NO_IDS: readonly never[] = [];

/** Draws names in a message: people whom the server has notified, and channels that the reader can open. */
function useReferences(message: ChatMessage): References {
  const { userId } = useConversation();
  const people = useUsers(message.mentions ?? NO_IDS);
  const channels = useChannels();
  const { everyone } = message;
  return useMemo(
    () => ({
      person(username) {
        if (username === everyone) return <span className="reference reference-me">@{username}</span>;
        const user = people.find((person) => person?.username === username);
        if (user === undefined || user === null) return null;
        return (
          <span className={user.id === userId ? 'reference reference-me' : 'reference'} data-tip={`@${user.username}`}>
            @<bdi>{user.displayName}</bdi>
          </span>
        );
      },
      channel(name) {
        const found = channels.find(({ channel }) => channel.kind === 'public' && channel.name === name);
        if (found === undefined) return null;
        return (
          <a className="reference" href={hrefOf(toChannel(found.id))}>
            #{name}
          </a>
        );
      },
    }),
    [people, channels, everyone, userId],
  );
}
