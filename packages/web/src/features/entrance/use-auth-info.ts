import { getAuthInfo, type ParleyError } from '@parley/client';
import { useCallback, useEffect, useState } from 'react';

type AuthInfo = Awaited<ReturnType<typeof getAuthInfo>>;

export type AuthInfoState =
  | { readonly kind: 'loading' }
  | { readonly kind: 'known'; readonly info: AuthInfo }
  | { readonly kind: 'failed'; readonly error: ParleyError; readonly retry: () => void };

/** How one gets into this server. */
export function useAuthInfo(): AuthInfoState {
  const [state, setState] = useState<AuthInfoState>({ kind: 'loading' });
  const [attempt, setAttempt] = useState(0);
  const retry = useCallback(() => setAttempt((count) => count + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks again.
  useEffect(() => {
    let isCurrent = true;
    setState({ kind: 'loading' });
    getAuthInfo(location.origin).then(
      (info) => isCurrent && setState({ kind: 'known', info }),
      (error: ParleyError) => isCurrent && setState({ kind: 'failed', error, retry }),
    );
    return () => {
      isCurrent = false;
    };
  }, [attempt, retry]);
  return state;
}
