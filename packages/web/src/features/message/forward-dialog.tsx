import type { ChatMessage } from '@parley/client';
import { useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { mayIn } from '../../chat/permissions.ts';
import { useChannelInfo, useUser } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { hrefOf, navigate, toChannel } from '../../lib/routes.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { notify } from '../../ui/notices.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { useConversation } from '../conversation/conversation-context.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useSubmit } from '../entrance/use-submit.ts';
import { TargetFace } from '../switcher/target-face.tsx';
import { type Target, useTargets } from '../switcher/use-targets.ts';
import { forwardText } from './forward-text.ts';
import { QuotedMessage } from './reply-quote.tsx';

export interface ForwardDialogProps {
  readonly message: ChatMessage;
  readonly onClose: () => void;
}

/** Passes a message on to another conversation, as a quote that leads back to it. */
export function ForwardDialog({ message, onClose }: ForwardDialogProps) {
  const { t } = useWords();
  const client = useClient();
  const [query, setQuery] = useState('');
  const [target, setTarget] = useState<Target | null>(null);
  const [comment, setComment] = useState('');
  const targets = useTargets(query, maySendTo);
  const source = useSource(message);
  const { isBusy, problem, onSubmit } = useSubmit(async () => {
    if (target === null) return;
    const channel =
      target.kind === 'person' ? await client.openDirect([target.user.id]) : client.channel(target.info.id);
    channel.send(forwardText({ ...source, body: message.body, comment })).catch(() => {});
    onClose();
    notify(t('forward.done', { name: target.label }));
    navigate(toChannel(channel.id));
  });
  return (
    <Dialog title={t('forward.title')} onClose={onClose}>
      <form className="dialog-form" onSubmit={onSubmit}>
        <Problem text={problem} />
        <blockquote className="quote-box">
          <QuotedMessage message={message} />
        </blockquote>
        <TextField
          label={t('forward.to')}
          type="search"
          placeholder={t('switcher.title')}
          value={query}
          autoComplete="off"
          onChange={(event) => {
            setQuery(event.target.value);
            // Whoever types looks for somewhere else, and what was chosen may not be listed any more.
            setTarget(null);
          }}
        />
        <ul className="found-people" aria-label={t('switcher.results')}>
          {targets.map((found) => (
            <li key={found.key}>
              <button
                type="button"
                className="found-person"
                aria-pressed={target?.key === found.key}
                onClick={() => setTarget(found)}
              >
                <TargetFace target={found} />
                <bdi>{found.label}</bdi>
                <span className="soft-text">{found.hint}</span>
              </button>
            </li>
          ))}
          {targets.length === 0 && <li className="soft-text">{t('switcher.none')}</li>}
        </ul>
        <TextField
          label={t('forward.comment')}
          value={comment}
          autoComplete="off"
          maxLength={500}
          onChange={(event) => setComment(event.target.value)}
        />
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" disabled={target === null} isBusy={isBusy}>
            {t('message.forward')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What is forwarded is sent at once: where one may not write there is nothing to choose. */
function maySendTo(target: Target): boolean {
  return target.kind === 'person' || mayIn(target.info, 'message.send');
}

/** Who said it, and where. */
function useSource(message: ChatMessage) {
  const { t } = useWords();
  const { rootId, isThread } = useConversation();
  const author = useUser(message.senderId)?.displayName ?? t('message.unknownAuthor');
  const name = useChannelInfo(rootId)?.channel.name ?? null;
  // A reply has no address of its own: its thread has.
  const route = isThread
    ? toChannel(rootId, { name: 'thread', threadId: message.channelId })
    : toChannel(rootId, undefined, message.seq);
  return {
    author,
    place: name === null ? t('forward.direct') : `#${name}`,
    link: new URL(hrefOf(route), location.href).href,
  };
}
