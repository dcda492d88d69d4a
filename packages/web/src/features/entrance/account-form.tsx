import type { SignedIn } from '@parley/protocol';
import { LIMITS } from '@parley/protocol/constants';
import { useState } from 'react';
import { startSession } from '../../chat/session.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { PasswordField } from './password-field.tsx';
import { Problem } from './problem.tsx';
import { useSubmit } from './use-submit.ts';
import { suggestUsername, USERNAME_PATTERN } from './username.ts';

interface NewAccount {
  readonly username: string;
  readonly displayName: string;
  readonly password: string;
}

interface AccountFormProps {
  readonly submitLabel: string;
  /** Makes the account on the server. */
  readonly create: (account: NewAccount) => Promise<SignedIn>;
}

/** Name, user name and password of a new account. */
export function AccountForm({ submitLabel, create }: AccountFormProps) {
  const { t } = useWords();
  const [displayName, setDisplayName] = useState('');
  const [ownUsername, setOwnUsername] = useState<string | null>(null);
  const [password, setPassword] = useState('');
  const username = ownUsername ?? suggestUsername(displayName);
  const { isBusy, problem, fieldProblems, onSubmit } = useSubmit(async () => {
    startSession(await create({ username, displayName: displayName.trim(), password }));
  });
  return (
    <form className="entrance-form" onSubmit={onSubmit}>
      <Problem text={problem} />
      <TextField
        label={t('entrance.displayName')}
        value={displayName}
        onChange={(event) => setDisplayName(event.target.value)}
        error={fieldProblems.displayName}
        autoComplete="name"
        maxLength={LIMITS.nameCodePoints}
        required
        autoFocus
      />
      <TextField
        label={t('entrance.username')}
        value={username}
        onChange={(event) => setOwnUsername(event.target.value.toLowerCase())}
        error={fieldProblems.username}
        hint={t('entrance.usernameHint')}
        before={<span aria-hidden="true">@</span>}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        minLength={2}
        maxLength={LIMITS.usernameLength}
        pattern={USERNAME_PATTERN}
        title={t('entrance.usernameHint')}
        required
      />
      <PasswordField
        value={password}
        onChange={setPassword}
        error={fieldProblems.password}
        hint={t('entrance.passwordHint', { count: LIMITS.passwordMinLength })}
        autoComplete="new-password"
        minLength={LIMITS.passwordMinLength}
      />
      <Button type="submit" look="primary" isWide isBusy={isBusy}>
        {submitLabel}
      </Button>
    </form>
  );
}
