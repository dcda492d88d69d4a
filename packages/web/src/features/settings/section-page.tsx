import { type ReactNode, useEffect, useRef } from 'react';
import { hrefOf, type Route } from '../../lib/routes.ts';
import { PageHead } from '../../ui/page-head.tsx';
import './section-page.css';

interface SectionPageProps {
  readonly title: string;
  readonly sections: readonly { readonly label: string; readonly route: Route; readonly isOpen: boolean }[];
  readonly children: ReactNode;
}

/** A page of several sections, one of which is open. */
export function SectionPage({ title, sections, children }: SectionPageProps) {
  const tabs = useRef<HTMLElement>(null);
  const open = sections.find(({ isOpen }) => isOpen)?.label;
  // biome-ignore lint/correctness/useExhaustiveDependencies: on a phone another tab may be out of sight.
  useEffect(() => {
    tabs.current?.querySelector('[aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' });
  }, [open]);
  return (
    <>
      <PageHead title={title} />
      <div className="section-page">
        <nav ref={tabs} className="section-tabs" aria-label={title}>
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
