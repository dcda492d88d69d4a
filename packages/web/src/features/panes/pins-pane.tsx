import type { ChannelSummary } from '@parley/client';
import type { MessageView } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { errorText } from '../../chat/error-text.ts';
import { mayIn } from '../../chat/permissions.ts';
import { useChannel, useUser } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { NO_PANE, navigate, toChannel } from '../../lib/routes.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { Problem } from '../entrance/problem.tsx';
import { Markdown } from '../markdown/markdown.tsx';
import { useAttempt } from '../message/use-message-actions.ts';
import { MessageFiles } from './message-files.tsx';
import { PaneFrame } from './pane.tsx';

/** The pinned messages of a channel. */
export function PinsPane({ info, onClose }: { readonly info: ChannelSummary; readonly onClose: () => void }) {
  const words = useWords();
  const { t } = words;
  const { pins, error } = usePins(info);
  return (
    <PaneFrame title={t('pins.title')} onClose={onClose}>
      <div className="pane-body">
        <Problem text={error === null ? null : errorText(words, error)} />
        {pins === null && error === null && <Spinner />}
        {pins?.length === 0 && <p className="soft-text">{t('pins.none')}</p>}
        {pins?.map((message) => (
          <PinnedMessage key={message.id} info={info} message={message} />
        ))}
      </div>
    </PaneFrame>
  );
}

function PinnedMessage({ info, message }: { readonly info: ChannelSummary; readonly message: MessageView }) {
  const { t, format } = useWords();
  const author = useUser(message.senderId);
  const channel = useChannel(info.id);
  const attempt = useAttempt();
  return (
    <article className="pinned">
      <header className="pinned-head">
        <Avatar id={message.senderId} name={author?.displayName ?? '…'} isBot={author?.kind === 'bot'} size="xs" />
        <strong>
          <bdi>{author?.displayName ?? '…'}</bdi>
        </strong>
        <time className="message-time" dateTime={new Date(message.createdAt).toISOString()}>
          {format.short(message.createdAt, Date.now())}
        </time>
      </header>
      {message.body !== '' && (
        <div className="pinned-body">
          <Markdown body={message.body} />
        </div>
      )}
      <MessageFiles message={message} />
      <footer className="pinned-foot">
        <button
          type="button"
          className="link-button"
          onClick={() => navigate(toChannel(info.id, NO_PANE, message.seq))}
        >
          {t('pins.show')}
        </button>
        {mayIn(info, 'message.pin') && (
          <button type="button" className="link-button" onClick={() => attempt(channel.pin(message.id, false))}>
            {t('message.unpin')}
          </button>
        )}
      </footer>
    </article>
  );
}

/** The pins, asked for anew whenever one is made or taken away. */
function usePins(info: ChannelSummary): { readonly pins: readonly MessageView[] | null; readonly error: unknown } {
  const client = useClient();
  const channelId = info.id;
  const [state, setState] = useState<{ pins: readonly MessageView[] | null; error: unknown }>({
    pins: null,
    error: null,
  });
  useEffect(() => {
    let isCurrent = true;
    const load = () => {
      client.call('message.pins', { channelId }).then(
        ({ messages }) => isCurrent && setState({ pins: messages, error: null }),
        (error: unknown) => isCurrent && setState({ pins: null, error }),
      );
    };
    load();
    const stop = client.on('messageChanged', ({ message, change }) => {
      if (message.channelId !== channelId) return;
      // What was deleted does not say any more whether it was pinned.
      if (change === 'pinned' || change === 'deleted' || message.pinnedAt !== undefined) load();
    });
    return () => {
      isCurrent = false;
      stop();
    };
  }, [client, channelId]);
  return state;
}
