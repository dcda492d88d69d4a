import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { useWords } from '../i18n/use-words.ts';
import { hrefOf } from '../lib/routes.ts';
import './page-head.css';

interface PageHeadProps {
  readonly title: ReactNode;
  /** What it is, as a picture before its name. */
  readonly sign?: ReactNode;
  /** A line below the name. */
  readonly subtitle?: ReactNode;
  /** What can be done with the page. */
  readonly children?: ReactNode;
}

/** The head of a page: what it is called, and on a phone the way back. */
export function PageHead({ title, sign, subtitle, children }: PageHeadProps) {
  return (
    <header className="page-head">
      <BackLink />
      {sign !== undefined && <span className="page-head-sign">{sign}</span>}
      <div className="page-head-text">
        <h1>{title}</h1>
        {subtitle}
      </div>
      {children}
    </header>
  );
}

/** Leads back to the list of conversations, where that is not beside the page. */
export function BackLink() {
  const { t } = useWords();
  return (
    <a
      className="icon-button icon-button-medium back-link"
      href={hrefOf({ name: 'home' })}
      aria-label={t('shell.back')}
    >
      <ArrowLeft size={18} aria-hidden="true" />
    </a>
  );
}
