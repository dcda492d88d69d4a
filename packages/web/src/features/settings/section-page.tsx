import { ArrowLeft } from 'lucide-react';
import type { ReactNode } from 'react';
import { useWords } from '../../i18n/use-words.ts';
import { hrefOf, type Route } from '../../lib/routes.ts';
import './section-page.css';

interface SectionPageProps {
  readonly title: string;
  readonly sections: readonly { readonly label: string; readonly route: Route; readonly isOpen: boolean }[];
  readonly children: ReactNode;
}

/** A page of several sections, one of which is open. */
export function SectionPage({ title, sections, children }: SectionPageProps) {
  const { t } = useWords();
  return (
    <>
      <header className="channel-header">
        <a
          className="icon-button icon-button-medium back-link"
          href={hrefOf({ name: 'home' })}
          aria-label={t('shell.back')}
        >
          <ArrowLeft size={18} aria-hidden="true" />
        </a>
        <div className="channel-header-text">
          <h1>{title}</h1>
        </div>
      </header>
      <div className="section-page">
        <nav className="section-tabs" aria-label={title}>
          {sections.map(({ label, route, isOpen }) => (
            <a key={label} href={hrefOf(route)} aria-current={isOpen ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <div className="section-body">{children}</div>
      </div>
    </>
  );
}
