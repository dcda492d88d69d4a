import type { ChannelSummary } from '@parley/client';
import type { MessageView } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { useChannel, useConnection } from './use-chat.ts';

/** The first unread message of a channel that mentions the user; null until it is known, and where there is none. */
export function useUnreadMention({ id, channel, mentions, membership }: ChannelSummary): MessageView | null {
  const handle = useChannel(id);
  const isOnline = useConnection().current === 'online';
  const [mention, setMention] = useState<MessageView | null>(null);
  const readSeq = membership?.readSeq ?? 0;
  // A direct conversation speaks to its reader with every message.
  const isMentioned = mentions > 0 && channel.kind !== 'direct';
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was read, or came, makes for another answer.
  useEffect(() => {
    if (!isMentioned || !isOnline) return;
    let isCurrent = true;
    handle.whyUnread().then(
      ({ mentioned }) => {
        if (isCurrent) setMention(mentioned[0] ?? null);
      },
      () => {},
    );
    return () => {
      isCurrent = false;
    };
  }, [handle, isMentioned, isOnline, mentions, readSeq]);
  return isMentioned ? mention : null;
}
