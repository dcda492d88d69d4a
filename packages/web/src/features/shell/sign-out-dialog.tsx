import { signOut } from '@parley/client';
import { forgetSession, session } from '../../chat/session.ts';
import { useOutbox } from '../../chat/use-outbox.ts';
import { useWords } from '../../i18n/use-words.ts';
import { forgetSettings } from '../../lib/settings.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';

/** Asks once more before the session ends, above all when something is not sent. */
export function SignOutDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useWords();
  const { waiting, failed } = useOutbox();
  const unsent = waiting + failed.size;
  const leave = () => {
    const { token, userId } = session.getSnapshot() ?? {};
    // Here it is over at once; the server is told too, and if it cannot be reached the session runs out there by itself.
    if (token !== undefined) void signOut(location.origin, token).catch(() => {});
    if (userId !== undefined) forgetSettings(`draft/${userId}/`);
    forgetSession();
  };
  return (
    <Dialog
      title={t('own.signOut')}
      size="small"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button look={unsent > 0 ? 'danger' : 'primary'} onClick={leave}>
            {t('own.signOut')}
          </Button>
        </>
      }
    >
      <p>{unsent > 0 ? t('own.signOutUnsent', { count: unsent }) : t('own.signOutText')}</p>
    </Dialog>
  );
}
