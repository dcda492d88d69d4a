import type { UserId } from '@parley/protocol';
import { LIMITS, SCOPES, type Scope } from '@parley/protocol/constants';
import { useMemo, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SecretDialog } from '../../ui/secret-dialog.tsx';
import { SelectField } from '../../ui/select-field.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useSubmit } from '../entrance/use-submit.ts';
import { useAnswer } from '../settings/use-answer.ts';

/** Makes a key for a bot. Its secret is shown once. */
export function CreateKeyDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useWords();
  const client = useClient();
  const { output } = useAnswer(
    'user.list',
    useMemo(() => ({ limit: 200 }), []),
  );
  const bots = output?.users.filter(({ kind, deactivated }) => kind === 'bot' && deactivated !== true) ?? [];
  const [botId, setBotId] = useState<UserId | null>(null);
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<readonly Scope[]>(['read', 'write']);
  const [secret, setSecret] = useState<string | null>(null);
  const userId = botId ?? bots[0]?.id ?? null;
  const { isBusy, problem, fieldProblems, onSubmit } = useSubmit(async () => {
    if (userId === null) return;
    const made = await client.call('key.create', { userId, name: name.trim(), scopes: [...scopes] });
    setSecret(made.secret);
  });
  const toggle = (scope: Scope) => {
    setScopes(scopes.includes(scope) ? scopes.filter((other) => other !== scope) : [...scopes, scope]);
  };
  if (secret !== null) {
    return (
      <SecretDialog
        title={t('keys.ready')}
        text={t('keys.readyText')}
        label={t('keys.secret')}
        copyLabel={t('keys.copy')}
        secret={secret}
        onClose={onClose}
      />
    );
  }
  return (
    <Dialog title={t('keys.create')} size="small" onClose={onClose}>
      <form className="dialog-form" onSubmit={onSubmit}>
        <Problem text={problem} />
        {output !== null && bots.length === 0 && <p className="soft-text">{t('keys.noBots')}</p>}
        <SelectField label={t('keys.bot')} value={userId ?? ''} onChange={(value) => setBotId(value as UserId)}>
          {bots.map((bot) => (
            <option key={bot.id} value={bot.id}>
              {bot.displayName}
            </option>
          ))}
        </SelectField>
        <TextField
          label={t('keys.name')}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={fieldProblems.name}
          maxLength={LIMITS.nameCodePoints}
          autoComplete="off"
          required
        />
        <fieldset>
          <legend className="field-label">{t('keys.scopes')}</legend>
          {SCOPES.map((scope) => (
            <label key={scope} className="choice">
              <input type="checkbox" checked={scopes.includes(scope)} onChange={() => toggle(scope)} />
              <span>{t(`keys.scope.${scope}`)}</span>
            </label>
          ))}
        </fieldset>
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" disabled={userId === null || scopes.length === 0} isBusy={isBusy}>
            {t('admin.create')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
