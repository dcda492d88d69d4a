import { type ComponentType, lazy } from 'react';

const loaders: (() => Promise<unknown>)[] = [];

/** Loads a component of a module when it is first shown. */
export function later<Name extends string, Props>(load: () => Promise<Record<Name, ComponentType<Props>>>, name: Name) {
  loaders.push(load);
  return lazy(async () => ({ default: (await load())[name] }));
}

/** Fetches all of it, so that nobody ever waits. Call it when nobody does. */
export function preloadViews(): void {
  for (const load of loaders) load().catch(() => {});
}
