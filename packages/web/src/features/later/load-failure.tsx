import { RefreshCw } from 'lucide-react';
import { useWords } from '../../i18n/use-words.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { EmptyView } from '../shell/empty-view.tsx';

/** Stands where a view would be that could not be loaded. */
export function FailedView() {
  const { t } = useWords();
  return (
    <EmptyView title={t('later.title')} text={t('later.text')}>
      <ReloadButton />
    </EmptyView>
  );
}

/** Comes in the place of a dialog or pane that could not be loaded. */
export function FailedDialog({ onClose }: { readonly onClose: () => void }) {
  const { t } = useWords();
  return (
    <Dialog
      title={t('later.title')}
      size="small"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('common.close')}</Button>
          <ReloadButton />
        </>
      }
    >
      <p className="soft-text">{t('later.text')}</p>
    </Dialog>
  );
}

function ReloadButton() {
  const { t } = useWords();
  return (
    <Button look="primary" icon={RefreshCw} onClick={() => location.reload()}>
      {t('connection.reload')}
    </Button>
  );
}
