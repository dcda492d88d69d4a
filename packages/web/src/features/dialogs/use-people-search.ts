import type { UserView } from '@parley/protocol';
import { useEffect, useMemo, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';
import { rankPeople } from '../composer/rank-people.ts';

const PAUSE_MS = 150;
const MAX_FOUND = 30;

/** People of the server, then programs, whose name goes with what was typed; everybody while nothing was. */
export function usePeopleSearch(query: string): readonly UserView[] {
  const client = useClient();
  const [found, setFound] = useState<readonly UserView[]>([]);
  const wanted = query.trim().replace(/^@/, '');
  useEffect(() => {
    const abort = new AbortController();
    const ask = () => {
      const input = { limit: MAX_FOUND, ...(wanted === '' ? {} : { query: wanted }) };
      client.call('user.list', input, { signal: abort.signal }).then(
        ({ users }) => setFound(users),
        // The field says that nobody was found; the next letter asks again.
        () => {},
      );
    };
    const timer = setTimeout(ask, wanted === '' ? 0 : PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [client, wanted]);
  // Until the answer is here these are the people of the question before: only who goes with what is typed now can be chosen.
  return useMemo(() => rankPeople(found, wanted), [found, wanted]);
}
