import type { UserView } from '@parley/protocol';
import { LIMITS } from '@parley/protocol/constants';
import { useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { notify } from '../../ui/notices.tsx';
import { PasswordField } from '../entrance/password-field.tsx';
import { Problem } from '../entrance/problem.tsx';
import { useSubmit } from '../entrance/use-submit.ts';

/** Gives somebody a new password, for those who have forgotten theirs. */
export function PasswordDialog({ user, onClose }: { readonly user: UserView; readonly onClose: () => void }) {
  const { t } = useWords();
  const client = useClient();
  const [password, setPassword] = useState('');
  const { isBusy, problem, fieldProblems, onSubmit } = useSubmit(async () => {
    await client.call('user.update', { userId: user.id, password });
    notify(t('admin.passwordSet', { name: user.displayName }));
    onClose();
  });
  return (
    <Dialog title={t('admin.setPasswordOf', { name: user.displayName })} size="small" onClose={onClose}>
      <form className="dialog-form" onSubmit={onSubmit}>
        <Problem text={problem} />
        <PasswordField
          label={t('settings.newPassword')}
          value={password}
          onChange={setPassword}
          error={fieldProblems.password}
          hint={t('entrance.passwordHint', { count: LIMITS.passwordMinLength })}
          autoComplete="new-password"
          minLength={LIMITS.passwordMinLength}
        />
        <div className="dialog-foot">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="primary" isBusy={isBusy}>
            {t('common.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
