import { useEffect } from 'react';

/** Does something again and again while somebody looks. */
export function useEvery(periodMs: number, work: () => void): void {
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') work();
    }, periodMs);
    return () => clearInterval(timer);
  });
}
