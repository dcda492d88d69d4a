import { Component, type ComponentType, createElement, lazy, type ReactNode } from 'react';
import { fetchFailedStyles } from '../../lib/failed-styles.ts';
import { FailedDialog, FailedView } from './load-failure.tsx';

type Load<Name extends string, Props> = () => Promise<Record<Name, ComponentType<Props>>>;

const loaders: (() => Promise<unknown>)[] = [];

/** A view that is loaded when it is first shown. Where that fails it says so, and the next opening tries again. */
export function laterView<Name extends string, Props extends object>(
  load: Load<Name, Props>,
  name: Name,
  { isPreloaded = true } = {},
): ComponentType<Props> {
  if (isPreloaded) loaders.push(load);
  return guard(load, name, () => <FailedView />);
}

/** The same for what lies beside or above a view and can be closed. */
export function laterDialog<Name extends string, Props extends { readonly onClose: () => void }>(
  load: Load<Name, Props>,
  name: Name,
): ComponentType<Props> {
  loaders.push(load);
  return guard(load, name, ({ onClose }) => <FailedDialog onClose={onClose} />);
}

/** Fetches all of it, so that nobody ever waits. Call it when nobody does. */
export function preloadViews(): void {
  for (const load of loaders) load().catch(() => {});
}

function guard<Name extends string, Props extends object>(
  load: Load<Name, Props>,
  name: Name,
  drawFailure: (props: Props) => ReactNode,
): ComponentType<Props> {
  let hasFailed = false;
  const begin = () =>
    lazy(async () => {
      try {
        await fetchFailedStyles();
        const { [name]: component } = await load();
        return { default: ({ draw }: Drawn<Props>) => draw(component) };
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    });
  let Part = begin();
  const onFailure = () => {
    // React remembers for ever what a load came to. Only once its failure shows: before, it would be asked for without end.
    if (hasFailed) Part = begin();
    hasFailed = false;
  };
  return (props) => (
    <Guard failure={drawFailure(props)} onFailure={onFailure}>
      <Part draw={(component) => createElement(component, props)} />
    </Guard>
  );
}

interface Drawn<Props> {
  readonly draw: (component: ComponentType<Props>) => ReactNode;
}

interface GuardProps {
  readonly failure: ReactNode;
  readonly onFailure: () => void;
  readonly children: ReactNode;
}

/** Without it one part that fails would take the whole app away. */
class Guard extends Component<GuardProps, { readonly hasFailed: boolean }> {
  static getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override state = { hasFailed: false };

  override componentDidCatch(): void {
    this.props.onFailure();
  }

  override render(): ReactNode {
    return this.state.hasFailed ? this.props.failure : this.props.children;
  }
}
