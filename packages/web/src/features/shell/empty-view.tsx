import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { hrefOf } from '../../lib/routes.ts';
import { Logo } from '../../ui/logo.tsx';

interface EmptyViewProps {
  readonly title?: string;
  readonly text?: string;
  readonly children?: ReactNode;
}

/** What stands where nothing is to be seen yet, with the next step to take. */
export function EmptyView({ title, text, children }: EmptyViewProps) {
  const { t } = useWords();
  return (
    <div className="empty-view">
      <a
        className="icon-button icon-button-medium back-link"
        href={hrefOf({ name: 'home' })}
        aria-label={t('shell.back')}
      >
        <ArrowLeft size={18} aria-hidden="true" />
      </a>
      <Logo size={56} />
      {title !== undefined && <h1>{title}</h1>}
      {text !== undefined && <p>{text}</p>}
      {children !== undefined && <div className="empty-actions">{children}</div>}
    </div>
  );
}
