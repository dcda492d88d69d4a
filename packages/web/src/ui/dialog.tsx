import { X } from 'lucide-react';
import { type MouseEvent, type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import { useWords } from '../i18n/use-words.ts';
import { classNames } from '../lib/class-names.ts';
import { IconButton } from './button.tsx';
import { Notices } from './notices.tsx';
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

/** A modal dialog: the browser keeps the focus within, closes it by Escape and gives the focus back. Mount it to open it. */
export function Dialog({ title, onClose, children, footer, size = 'medium', hidesTitle = false }: DialogProps) {
  const { t } = useWords();
  const ref = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const isPressed = useRef(false);
  // A layout effect, for its end: only while the dialog is still in the page can the browser give the focus back.
  useLayoutEffect(() => {
    const dialog = ref.current;
    if (dialog === null || dialog.open) return;
    dialog.showModal();
    (dialog.querySelector<HTMLElement>(FIRST) ?? dialog).focus();
    return () => dialog.close();
  }, []);
  // With the click and not before, else a tap would go on to what lies below. Only where it began there too: a text that is marked with
  // the pointer may end outside.
  const closeOnScrim = (event: MouseEvent) => {
    if (isPressed.current && event.target === ref.current) onClose();
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: by key it is Escape that closes it.
    <dialog
      ref={ref}
      tabIndex={-1}
      className={classNames('dialog', `dialog-${size}`)}
      aria-labelledby={titleId}
      onCancel={(event) => {
        // A file input or an inner popover cancels too: that is not ours.
        if (event.target !== ref.current) return;
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        isPressed.current = event.target === ref.current;
      }}
      onClick={closeOnScrim}
    >
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
