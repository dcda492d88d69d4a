import { useSyncExternalStore } from 'react';
import { HOME, parseRoute, type Route } from './routes.ts';

let current: { readonly hash: string; readonly route: Route } = { hash: '', route: HOME };

/** The route that is shown; the same object while the address is the same. */
export function useRoute(): Route {
  return useSyncExternalStore(subscribe, () => {
    if (current.hash !== location.hash) current = { hash: location.hash, route: parseRoute(location.hash) };
    return current.route;
  });
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}
