import type { ChannelId, MemberView, UserView } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { useClient } from './chat-provider.tsx';

interface FoundMembers {
  readonly members: readonly MemberView[];
  readonly users: readonly UserView[];
}

const PAUSE_MS = 150;
const MAX_FOUND = 50;
const NOBODY: FoundMembers = { members: [], users: [] };

/** Members whose name begins with what was typed, also of those who are not among the loaded ones; nobody while nothing was. */
export function useMemberSearch(channelId: ChannelId, query: string, loaded: readonly MemberView[]): FoundMembers {
  const client = useClient();
  const [found, setFound] = useState(NOBODY);
  // biome-ignore lint/correctness/useExhaustiveDependencies: who joins, leaves or has another role changes the loaded ones, and what was found.
  useEffect(() => {
    if (query === '') return setFound(NOBODY);
    const abort = new AbortController();
    const ask = () => {
      client.call('member.list', { channelId, query, limit: MAX_FOUND }, { signal: abort.signal }).then(
        setFound,
        // Those who are loaded are shown all the same; the next letter asks again.
        () => {},
      );
    };
    const timer = setTimeout(ask, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [client, channelId, query, loaded]);
  return found;
}

/** Those who were found and those who are loaded, each once. What is loaded follows the channel: it comes last, and holds. */
export function withLoaded(found: readonly UserView[], loaded: readonly (UserView | null)[]): readonly UserView[] {
  return [...new Map([...found, ...loaded].flatMap((user) => (user === null ? [] : [[user.id, user]]))).values()];
}
