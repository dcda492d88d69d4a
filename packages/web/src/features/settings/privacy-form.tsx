import { useId } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { notify } from '../../ui/notices.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useAttempt } from '../message/use-message-actions.ts';
import { NO_INPUT, useAnswer } from './use-answer.ts';

/** Whether others are told how far one has read. */
export function PrivacyForm() {
  const { t } = useWords();
  const client = useClient();
  const attempt = useAttempt();
  const hintId = useId();
  const { output, problem, reload } = useAnswer('me.get', NO_INPUT);
  const isHidden = output?.hideReceipts === true;
  const toggle = () =>
    attempt(
      client.call('me.update', { hideReceipts: !isHidden }).then(() => {
        notify(t('settings.saved'));
        reload();
      }),
    );
  return (
    <section className="section-part">
      <h2>{t('settings.privacy')}</h2>
      <Problem text={problem} />
      <label className="choice">
        <input
          type="checkbox"
          checked={!isHidden}
          disabled={output === null}
          aria-describedby={hintId}
          onChange={toggle}
        />
        <span>
          {t('settings.showReceipts')}
          <small id={hintId}>{t('settings.showReceiptsHint')}</small>
        </span>
      </label>
    </section>
  );
}
