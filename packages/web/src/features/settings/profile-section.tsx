import type { UserView } from '@parley/protocol';
import { LIMITS } from '@parley/protocol/constants';
import { useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useMe } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';
import { Avatar } from '../../ui/avatar.tsx';
import { Button } from '../../ui/button.tsx';
import { notify } from '../../ui/notices.tsx';
import { TextField } from '../../ui/text-field.tsx';
import { PasswordField } from '../entrance/password-field.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useSubmit } from '../entrance/use-submit.ts';
import { PrivacyForm } from './privacy-form.tsx';

/** One's name, privacy and password. */
export function ProfileSection() {
  const { t } = useWords();
  const me = useMe();
  if (me === null) return null;
  return (
    <>
      <div className="profile-card">
        <Avatar id={me.id} name={me.displayName} size="xl" />
        <div>
          <strong>
            <bdi>{me.displayName}</bdi>
          </strong>
          <span className="soft-text">
            @{me.username} · {t(`role.${me.role}`)}
          </span>
        </div>
      </div>
      <NameForm me={me} />
      <PrivacyForm />
      <PasswordForm />
    </>
  );
}

function NameForm({ me }: { readonly me: UserView }) {
  const { t } = useWords();
  const client = useClient();
  const [name, setName] = useState(me.displayName);
  const { isBusy, problem, fieldProblems, onSubmit } = useSubmit(async () => {
    await client.call('me.update', { displayName: name.trim() });
    notify(t('settings.saved'));
  });
  return (
    <section className="section-part">
      <h2>{t('settings.name')}</h2>
      <form onSubmit={onSubmit}>
        <Problem text={problem} />
        <TextField
          label={t('entrance.displayName')}
          hint={t('settings.nameHint')}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={fieldProblems.displayName}
          maxLength={LIMITS.nameCodePoints}
          autoComplete="name"
          required
        />
        <Button type="submit" look="primary" disabled={name.trim() === me.displayName} isBusy={isBusy}>
          {t('common.save')}
        </Button>
      </form>
    </section>
  );
}

function PasswordForm() {
  const { t } = useWords();
  const client = useClient();
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const { isBusy, problem, fieldProblems, onSubmit } = useSubmit(async () => {
    await client.call('me.update', { password, currentPassword: current });
    setCurrent('');
    setPassword('');
    notify(t('settings.passwordChanged'));
  });
  return (
    <section className="section-part">
      <h2>{t('settings.password')}</h2>
      <form onSubmit={onSubmit}>
        <Problem text={problem} />
        <PasswordField
          label={t('settings.currentPassword')}
          value={current}
          onChange={setCurrent}
          autoComplete="current-password"
        />
        <PasswordField
          label={t('settings.newPassword')}
          value={password}
          onChange={setPassword}
          hint={t('settings.passwordHint')}
          error={fieldProblems.password}
          autoComplete="new-password"
          minLength={LIMITS.passwordMinLength}
        />
        <Button type="submit" disabled={current === '' || password === ''} isBusy={isBusy}>
          {t('settings.changePassword')}
        </Button>
      </form>
    </section>
  );
}
