import { X } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { isComposing } from '../../lib/is-composing.ts';
import { IconButton } from '../../ui/button.tsx';
import './pane.css';

interface PaneProps {
  readonly title: string;
  readonly subtitle?: ReactNode;
  readonly actions?: ReactNode;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** What lies beside a conversation. It takes the focus when it opens, and Escape closes it. */
export function PaneFrame({ title, subtitle, actions, onClose, children }: PaneProps) {
  const { t } = useWords();
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    ref.current?.focus();
    return () => {
      // Back to where one came from, unless the focus is somewhere else already.
      if (
        before instanceof HTMLElement &&
        (document.activeElement === document.body || document.activeElement === null)
      ) {
        before.focus();
      }
    };
  }, []);
  return (
    <aside
      ref={ref}
      className="pane"
      tabIndex={-1}
      aria-label={title}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented || isComposing(event.nativeEvent)) return;
        if (!hasOpen(event.currentTarget)) onClose();
      }}
    >
      <header className="pane-header">
        <div className="pane-title">
          <h2>{title}</h2>
          {subtitle !== undefined && <p>{subtitle}</p>}
        </div>
        {actions}
        <IconButton icon={X} label={t('common.close')} onClick={onClose} />
      </header>
      {children}
    </aside>
  );
}

/** True while something is open over the pane that Escape closes first. */
function hasOpen(pane: Element): boolean {
  return pane.querySelector(':popover-open, dialog[open]') !== null;
}
