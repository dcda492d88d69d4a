import { Laptop, Smartphone } from 'lucide-react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { useNow } from '../../lib/use-now.ts';
import { Button } from '../../ui/button.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useAttempt } from '../message/use-message-actions.ts';
import { NO_INPUT, useAnswer } from './use-answer.ts';

/** Where one is signed in; each can be ended from here. */
export function SessionsSection() {
  const { t, format } = useWords();
  const client = useClient();
  const now = useNow();
  const attempt = useAttempt();
  const { output, problem, reload } = useAnswer('session.list', NO_INPUT);
  return (
    <section className="section-part">
      <h2>{t('settings.sessions')}</h2>
      <p className="soft-text">{t('sessions.text')}</p>
      <Problem text={problem} />
      {output === null && problem === null && <Spinner />}
      <ul className="rows">
        {output?.sessions.map(({ id, userAgent, address, lastSeenAt, current }) => (
          <li key={id}>
            {/Mobile|Android|iPhone/.test(userAgent) ? (
              <Smartphone size={20} aria-hidden="true" />
            ) : (
              <Laptop size={20} aria-hidden="true" />
            )}
            <div className="member-names">
              <strong>{userAgent === '' ? t('sessions.unknown') : userAgent}</strong>
              <span>
                {address} ·{' '}
                {current ? t('sessions.current') : t('sessions.seen', { when: format.ago(lastSeenAt, now) })}
              </span>
            </div>
            {!current && (
              <Button onClick={() => attempt(client.call('session.revoke', { sessionId: id }).then(reload))}>
                {t('sessions.end')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
