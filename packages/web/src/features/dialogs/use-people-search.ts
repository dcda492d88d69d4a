import type { UserView } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { isBot } from '../composer/rank-people.ts';

const PAUSE_MS = 150;
const MAX_FOUND = 30;

/** People of the server, then programs, whose name begins with what was typed; everybody while nothing was. */
export function usePeopleSearch(query: string): readonly UserView[] {
  const client = useClient();
  const [found, setFound] = useState<readonly UserView[]>([]);
  useEffect(() => {
    const abort = new AbortController();
    const wanted = query.trim().replace(/^@/, '');
    const ask = () => {
      const input = { limit: MAX_FOUND, ...(wanted === '' ? {} : { query: wanted }) };
      client.call('user.list', input, { signal: abort.signal }).then(
        ({ users }) => setFound([...users].sort((a, b) => Number(isBot(a)) - Number(isBot(b)))),
        // The field says that nobody was found; the next letter asks again.
        () => {},
      );
    };
    const timer = setTimeout(ask, wanted === '' ? 0 : PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [client, query]);
  return found;
}
