import { useMemo } from 'react';
import { type Readable, useStore } from './use-store.ts';

/** Whether a media query holds, now and whenever that changes. */
export function useMedia(query: string): boolean {
  const store = useMemo((): Readable<boolean> => {
    const list = matchMedia(query);
    return {
      getSnapshot: () => list.matches,
      subscribe(listener) {
        list.addEventListener('change', listener);
        return () => list.removeEventListener('change', listener);
      },
    };
  }, [query]);
  return useStore(store);
}
