import { X } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { useWords } from '../i18n/use-words.ts';
import { classNames } from '../lib/class-names.ts';
import { IconButton } from './button.tsx';
import { Notices } from './notices.tsx';
import { useModal } from './use-modal.ts';
import './dialog.css';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly footer?: ReactNode;
  readonly size?: 'small' | 'medium' | 'large';
  /** Leaves the title to those who hear it; for dialogs that explain themselves. */
  readonly hidesTitle?: boolean;
}

/** What a dialog is about is worth the focus more than its close button. */
const FIRST = '.dialog-body :is(input, select, textarea), .dialog-foot button';
const firstOf = (dialog: HTMLDialogElement) => dialog.querySelector<HTMLElement>(FIRST) ?? dialog;

/** A modal dialog: the browser keeps the focus within, closes it by Escape and gives the focus back. Mount it to open it. */
export function Dialog({ title, onClose, children, footer, size = 'medium', hidesTitle = false }: DialogProps) {
  const { t } = useWords();
  const titleId = useId();
  const modal = useModal(onClose, firstOf);
  return (
    <dialog {...modal} tabIndex={-1} className={classNames('dialog', `dialog-${size}`)} aria-labelledby={titleId}>
      <div className="dialog-body">
        <header className={hidesTitle ? 'hidden-text' : 'dialog-head'}>
          <h2 id={titleId}>{title}</h2>
          {!hidesTitle && <IconButton icon={X} label={t('common.close')} size="small" onClick={onClose} />}
        </header>
        {children}
        {footer !== undefined && <footer className="dialog-foot">{footer}</footer>}
      </div>
      <Notices />
    </dialog>
  );
}
