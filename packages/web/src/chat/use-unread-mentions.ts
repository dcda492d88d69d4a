import type { ChannelSummary } from '@parley/client';
import type { MessageView } from '@parley/protocol';
import { useEffect, useMemo, useState } from 'react';
import { useChannel, useConnection } from './use-chat.ts';

const NONE: readonly MessageView[] = [];

/** The unread messages of a channel or thread that mention the user, oldest first, as many as the server tells at a time. */
export function useUnreadMentions({ id, channel, mentions, membership }: ChannelSummary): readonly MessageView[] {
  const handle = useChannel(id);
  const isOnline = useConnection().current === 'online';
  const [found, setFound] = useState(NONE);
  const readSeq = membership?.readSeq ?? 0;
  // A direct conversation speaks to its reader with every message.
  const isMentioned = mentions > 0 && channel.kind !== 'direct';
  const unread = useMemo(() => found.filter(({ seq }) => seq > readSeq), [found, readSeq]);
  // One was read and another came: there are as many as before, and they are others.
  const isUsedUp = found.length > 0 && unread.length === 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another number of them makes for another answer.
  useEffect(() => {
    if (!isMentioned || !isOnline) return;
    let isCurrent = true;
    handle.whyUnread().then(
      ({ mentioned }) => {
        if (isCurrent) setFound(mentioned);
      },
      () => {},
    );
    return () => {
      isCurrent = false;
    };
  }, [handle, isMentioned, isOnline, mentions, isUsedUp]);
  return isMentioned ? unread : NONE;
}
