import { getAuthInfo, type ParleyError } from '@parley/client';
import { useCallback, useEffect, useState } from 'react';

type AuthInfo = Awaited<ReturnType<typeof getAuthInfo>>;

export type AuthInfoState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'known'; readonly info: AuthInfo }
  | { readonly kind: 'failed'; readonly error: ParleyError; readonly retry: () => void };

/** Tried again by itself, for those who only wait for the network. */
const RETRY_MS = 4_000;

/** How one gets into this server. */
export function useAuthInfo(): AuthInfoState {
  const [state, setState] = useState<AuthInfoState>({ kind: 'loading' });
  const [attempt, setAttempt] = useState(0);
  const retry = useCallback(() => setAttempt((count) => count + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks again.
  useEffect(() => {
    let isCurrent = true;
    // What is said of a failure stays while it is tried again.
    setState((last) => (last.kind === 'failed' ? last : { kind: 'loading' }));
    getAuthInfo(location.origin).then(
      (info) => isCurrent && setState({ kind: 'known', info }),
      (error: ParleyError) => isCurrent && setState({ kind: 'failed', error, retry }),
    );
    return () => {
      isCurrent = false;
    };
  }, [attempt, retry]);
  const hasFailed = state.kind === 'failed';
  useEffect(() => {
    if (!hasFailed) return;
    const timer = setInterval(retry, RETRY_MS);
    window.addEventListener('online', retry);
    return () => {
      clearInterval(timer);
      window.removeEventListener('online', retry);
    };
  }, [hasFailed, retry]);
  return state;
}
