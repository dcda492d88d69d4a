import type { CallOptions, SocketOperation } from '@parley/client';
import type { OutputOf, RequestOf } from '@parley/protocol';
import { useCallback, useEffect, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { errorText } from '../../chat/error-text.ts';
import { useConnection } from '../../chat/use-chat.ts';
import { useWords } from '../../i18n/use-words.ts';

interface Answer<Output> {
  /** Null until it is here. */
  readonly output: Output | null;
  readonly problem: string | null;
  /** Asks again, after a change. */
  readonly reload: () => void;
}

/** The answer to one question to the server, asked again after each connect. `input` must be the same object while the question is. */
export function useAnswer<Name extends SocketOperation>(name: Name, input: RequestOf<Name>): Answer<OutputOf<Name>> {
  const words = useWords();
  const client = useClient();
  const isOnline = useConnection().current === 'online';
  const [state, setState] = useState<{ output: OutputOf<Name> | null; error: unknown }>({ output: null, error: null });
  const [turn, setTurn] = useState(0);
  const reload = useCallback(() => setTurn((count) => count + 1), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn asks again.
  useEffect(() => {
    if (!isOnline) return;
    const abort = new AbortController();
    const options: CallOptions = { signal: abort.signal };
    client.call(name, input, options).then(
      (output) => setState({ output, error: null }),
      (error: unknown) => {
        if (!abort.signal.aborted) setState((last) => ({ ...last, error }));
      },
    );
    return () => abort.abort();
  }, [client, name, input, isOnline, turn]);
  return { output: state.output, problem: state.error === null ? null : errorText(words, state.error), reload };
}

/** The input of questions that want none. */
export const NO_INPUT = {};
