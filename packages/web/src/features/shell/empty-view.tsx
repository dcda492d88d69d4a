import type { ReactNode } from 'react';
import { Logo } from '../../ui/logo.tsx';
import { BackLink } from '../../ui/page-head.tsx';

interface EmptyViewProps {
  readonly title?: string;
  readonly text?: string;
  readonly children?: ReactNode;
}

/** What stands where nothing is to be seen yet, with the next step to take. */
export function EmptyView({ title, text, children }: EmptyViewProps) {
  return (
    <div className="empty-view">
      <BackLink />
      <Logo size={56} />
      {title !== undefined && <h1>{title}</h1>}
      {text !== undefined && <p>{text}</p>}
      {children !== undefined && <div className="empty-actions">{children}</div>}
    </div>
  );
}
