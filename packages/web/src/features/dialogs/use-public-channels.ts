import type { ChannelView } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { useClient } from '../../chat/chat-provider.tsx';

const PAUSE_MS = 150;
const MAX_FOUND = 100;

/** Public channels by name; null until the first answer. */
export function usePublicChannels(query: string): readonly ChannelView[] | null {
  const client = useClient();
  const [found, setFound] = useState<readonly ChannelView[] | null>(null);
  useEffect(() => {
    const abort = new AbortController();
    const wanted = query.trim().replace(/^#/, '');
    const ask = () => {
      const input = { limit: MAX_FOUND, ...(wanted === '' ? {} : { query: wanted }) };
      client.call('channel.browse', input, { signal: abort.signal }).then(
        ({ channels }) => setFound(channels),
        () => setFound((last) => last ?? []),
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
