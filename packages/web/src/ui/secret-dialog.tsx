import { Copy } from 'lucide-react';
import { useWords } from '../i18n/use-words.ts';
import { Button } from './button.tsx';
import { Dialog } from './dialog.tsx';
import { notify } from './notices.tsx';
import { TextField } from './text-field.tsx';

interface SecretDialogProps {
  readonly title: string;
  /** What to do with it. */
  readonly text: string;
  readonly label: string;
  readonly copyLabel: string;
  readonly secret: string;
  readonly onClose: () => void;
}

/** Shows what is shown only once. */
export function SecretDialog({ title, text, label, copyLabel, secret, onClose }: SecretDialogProps) {
  const { t } = useWords();
  const copy = () => {
    navigator.clipboard.writeText(secret).then(
      () => notify(t('message.copied')),
      () => notify(t('message.copyFailed'), 'problem'),
    );
  };
  return (
    <Dialog
      title={title}
      size="small"
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t('common.close')}</Button>
          <Button look="primary" icon={Copy} onClick={copy}>
            {copyLabel}
          </Button>
        </>
      }
    >
      <p className="soft-text">{text}</p>
      <TextField label={label} value={secret} readOnly onFocus={(event) => event.target.select()} />
    </Dialog>
  );
}
