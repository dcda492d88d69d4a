import type { ApiKeyView } from '@parley/protocol';
import { KeyRound, Plus } from 'lucide-react';
import { useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useUser } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { useNow } from '../../lib/use-now.ts';
import { Button } from '../../ui/button.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useAttempt } from '../message/use-message-actions.ts';
import { NO_INPUT, useAnswer } from '../settings/use-answer.ts';
import { CreateKeyDialog } from './create-key-dialog.tsx';

/** The keys by which programs come in. */
export function KeysSection() {
  const { t } = useWords();
  const client = useClient();
  const attempt = useAttempt();
  const [isCreating, setCreating] = useState(false);
  const { output, problem, reload } = useAnswer('key.list', NO_INPUT);
  return (
    <section className="section-part">
      <div className="section-head">
        <h2>{t('admin.keys')}</h2>
        <Button icon={Plus} look="primary" onClick={() => setCreating(true)}>
          {t('keys.create')}
        </Button>
      </div>
      <p className="soft-text">{t('keys.text')}</p>
      <Problem text={problem} />
      {output === null && problem === null && <Spinner />}
      {output?.keys.length === 0 && <p className="soft-text">{t('keys.none')}</p>}
      {output !== null && output.keys.length > 0 && (
        <ul className="rows">
          {output.keys.map((key) => (
            <KeyRow
              key={key.id}
              value={key}
              onRevoke={() => attempt(client.call('key.revoke', { keyId: key.id }).then(reload))}
            />
          ))}
        </ul>
      )}
      {isCreating && (
        <CreateKeyDialog
          onClose={() => {
            setCreating(false);
            reload();
          }}
        />
      )}
    </section>
  );
}

function KeyRow({ value, onRevoke }: { readonly value: ApiKeyView; readonly onRevoke: () => void }) {
  const { t, format } = useWords();
  const user = useUser(value.userId);
  const now = useNow();
  const used =
    value.lastUsedAt === null ? t('keys.unused') : t('keys.used', { when: format.ago(value.lastUsedAt, now) });
  return (
    <li>
      <KeyRound size={20} aria-hidden="true" />
      <div className="member-names">
        <strong>{value.name}</strong>
        <span>
          {user?.displayName ?? '…'} · {value.scopes.join(', ')} · {used}
        </span>
      </div>
      <Button onClick={onRevoke}>{t('keys.revoke')}</Button>
    </li>
  );
}
