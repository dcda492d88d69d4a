import type { SearchResult } from '@parley/protocol';
import { useCallback, useEffect, useRef, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';

/** So long nothing is typed before it is looked for. */
const PAUSE_MS = 250;

export interface Search {
  readonly results: readonly SearchResult[];
  /** True from the first letter until its answer is here. */
  readonly isBusy: boolean;
  readonly hasMore: boolean;
  readonly error: unknown;
  /** Empty until something was asked. */
  readonly asked: string;
  readonly more: () => void;
}

interface State extends Omit<Search, 'more' | 'hasMore'> {
  readonly cursor: string | null;
}

const NOTHING: State = { results: [], isBusy: false, error: null, asked: '', cursor: null };

/** Looks for what is typed, once its writer pauses; the last question wins. */
export function useSearch(typed: string): Search {
  const client = useClient();
  const [state, setState] = useState<State>(NOTHING);
  const running = useRef<AbortController>(null);
  const query = typed.trim();
  const ask = useCallback(
    async (cursor: string | null) => {
      running.current?.abort();
      const abort = new AbortController();
      running.current = abort;
      setState((last) => ({ ...last, isBusy: true }));
      try {
        const input = cursor === null ? { query } : { query, cursor };
        const page = await client.call('message.search', input, { signal: abort.signal });
        if (abort.signal.aborted) return;
        setState((last) => ({
          results: cursor === null ? page.results : [...last.results, ...page.results],
          isBusy: false,
          error: null,
          asked: query,
          cursor: page.nextCursor,
        }));
      } catch (error) {
        if (!abort.signal.aborted)
          setState((last) => ({
            ...last,
            results: cursor === null ? [] : last.results,
            isBusy: false,
            error,
            asked: query,
          }));
      }
    },
    [client, query],
  );
  useEffect(() => {
    if (query === '') {
      setState(NOTHING);
      return;
    }
    const timer = setTimeout(() => void ask(null), PAUSE_MS);
    return () => {
      clearTimeout(timer);
      running.current?.abort();
    };
  }, [query, ask]);
  const { cursor, ...rest } = state;
  const shown = { ...rest, isBusy: rest.isBusy || (query !== '' && rest.asked === '') };
  // A page may be short, or empty, although there is more.
  const isShort = cursor !== null && shown.results.length === 0 && !shown.isBusy && shown.error === null;
  useEffect(() => {
    if (isShort) void ask(cursor);
  }, [isShort, cursor, ask]);
  return { ...shown, hasMore: cursor !== null, more: () => void ask(cursor) };
}
