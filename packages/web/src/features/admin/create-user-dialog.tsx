import { LIMITS } from '@parley/protocol/constants';
import { useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { SelectField } from '../../ui/select-field.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { PasswordField } from '../entrance/password-field.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useSubmit } from '../entrance/use-submit.ts';
import { suggestUsername, USERNAME_PATTERN } from '../entrance/username.ts';

/** Makes an account for somebody, or a bot. */
export function CreateUserDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useWords();
  const client = useClient();
  const [kind, setKind] = useState<'human' | 'bot'>('human');
  const [displayName, setDisplayName] = useState('');
  const [ownUsername, setOwnUsername] = useState<string | null>(null);
  const [password, setPassword] = useState('');
  const username = ownUsername ?? suggestUsername(displayName);
  const { isBusy, problem, fieldProblems, onSubmit } = useSubmit(async () => {
    const base = { kind, username, displayName: displayName.trim() };
    await client.call('user.create', kind === 'bot' ? base : { ...base, password });
    onClose();
  });
  return (
    <Dialog title={t('admin.createUser')} size="small" onClose={onClose}>
      <form className="dialog-form" onSubmit={onSubmit}>
        <Problem text={problem} />
        <SelectField
          label={t('admin.kind')}
          value={kind}
          onChange={(value) => setKind(value === 'bot' ? 'bot' : 'human')}
        >
          <option value="human">{t('admin.kind.human')}</option>
          <option value="bot">{t('admin.kind.bot')}</option>
        </SelectField>
        <TextField
          label={t('admin.displayName')}
          value={displayName}
          onChange={(event) => setDisplayName(event.target.value)}
          error={fieldProblems.displayName}
          maxLength={LIMITS.nameCodePoints}
          autoComplete="off"
          required
        />
        <TextField
          label={t('entrance.username')}
          value={username}
          onChange={(event) => setOwnUsername(event.target.value.toLowerCase())}
          error={fieldProblems.username}
          hint={t('entrance.usernameHint')}
          before={<span aria-hidden="true">@</span>}
          pattern={USERNAME_PATTERN}
          minLength={2}
          maxLength={LIMITS.usernameLength}
          autoComplete="off"
          required
        />
        {kind === 'human' && (
          <PasswordField
            label={t('admin.firstPassword')}
            value={password}
            onChange={setPassword}
            error={fieldProblems.password}
            hint={t('entrance.passwordHint', { count: LIMITS.passwordMinLength })}
            autoComplete="new-password"
            minLength={LIMITS.passwordMinLength}
          />
        )}
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {t('admin.create')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
