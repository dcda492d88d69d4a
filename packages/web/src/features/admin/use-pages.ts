import type { SocketOperation } from '@parley/client';
import type { OutputOf, RequestOf } from '@parley/protocol';
import { useCallback, useEffect, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';

interface Pages<Output> {
  /** What has come so far, in order. */
  readonly pages: readonly Output[];
  readonly isBusy: boolean;
  readonly error: unknown;
  /** Asks for the next page; null when there is none. */
  readonly more: (() => void) | null;
  /** Begins again with the first; what is here stays until that has come. */
  readonly reload: () => void;
}

type Paged = { readonly nextCursor: string | null };
type PagedName = {
  [Name in SocketOperation]: OutputOf<Name> extends Paged ? Name : never;
}[SocketOperation];

/** A list that the server tells page by page. `input` must be the same object while the question is. */
export function usePages<Name extends PagedName>(name: Name, input: RequestOf<Name>): Pages<OutputOf<Name>> {
  const client = useClient();
  const [turn, setTurn] = useState(0);
  const question = `${name} ${JSON.stringify(input)}`;
  const [state, setState] = useState<{
    readonly question: string;
    readonly pages: readonly OutputOf<Name>[];
    readonly isBusy: boolean;
    readonly error: unknown;
  }>({ question, pages: [], isBusy: true, error: null });
  const [wanted, setWanted] = useState<{ readonly question: string; readonly cursor: string } | null>(null);
  const cursor = wanted?.question === question ? wanted.cursor : undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the question says what the input says, each turn asks it anew.
  useEffect(() => {
    const abort = new AbortController();
    setState((last) => ({
      question,
      pages: last.question === question ? last.pages : [],
      isBusy: true,
      error: null,
    }));
    client.call(name, { ...input, ...(cursor === undefined ? {} : { cursor }) }, { signal: abort.signal }).then(
      (page) =>
        setState((last) => ({ ...last, pages: cursor === undefined ? [page] : [...last.pages, page], isBusy: false })),
      (error: unknown) => {
        if (!abort.signal.aborted) setState((last) => ({ ...last, isBusy: false, error }));
      },
    );
    return () => abort.abort();
  }, [client, question, turn, cursor]);
  const next = (state.pages.at(-1) as Paged | undefined)?.nextCursor ?? null;
  const reload = useCallback(() => {
    setWanted(null);
    setTurn((count) => count + 1);
  }, []);
  return {
    pages: state.pages,
    isBusy: state.isBusy,
    error: state.error,
    more: next === null ? null : () => setWanted({ question, cursor: next }),
    reload,
  };
}
