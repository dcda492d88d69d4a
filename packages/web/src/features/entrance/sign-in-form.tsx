import { signIn } from '@parley/client';
import { useState } from 'react';
import { startSession } from '../../chat/session.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { PasswordField } from './password-field.tsx';
import { Problem } from './problem.tsx';
import { useSubmit } from './use-submit.ts';

/** Signs in by user name and password. */
export function SignInForm() {
  const { t } = useWords();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const { isBusy, problem, onSubmit } = useSubmit(async () => {
    startSession(await signIn(location.origin, { username: username.trim(), password }));
  });
  return (
    <form className="entrance-form" onSubmit={onSubmit}>
      <Problem text={problem} />
      <TextField
        label={t('entrance.username')}
        value={username}
        onChange={(event) => setUsername(event.target.value)}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        maxLength={64}
        required
        autoFocus
      />
      <PasswordField value={password} onChange={setPassword} autoComplete="current-password" />
      <Button type="submit" look="primary" isWide isBusy={isBusy}>
        {t('entrance.signIn')}
      </Button>
    </form>
  );
}
