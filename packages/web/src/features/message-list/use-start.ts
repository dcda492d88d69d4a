import type { Channel, MessagesSnapshot } from '@parley/client';
import { useEffect, useMemo, useState } from 'react';
import { useChannelInfo, useConnection, useIsStale } from '../../chat/use-chat.ts';
import type { Row } from './rows.ts';

export interface Start {
  /** The line before new messages stays behind this one for as long as the conversation is open; null for no line. */
  readonly readSeq: number | null;
  /** The place to begin is among the messages that are here. */
  readonly isReady: boolean;
  /** The row to begin with, or null for the end. */
  readonly rowIn: (rows: readonly Row[]) => number | null;
}

/** Decides where a conversation opens: at the message that the address names, else at the first unread one, else at its end. */
export function useStart(channel: Channel, { isLoaded, items }: MessagesSnapshot, targetSeq: number | null): Start {
  const readSeq = useLine(channel);
  const isOnline = useConnection().current === 'online';
  const wantedSeq = targetSeq ?? (readSeq === null ? null : readSeq + 1);
  const isHere = wantedSeq === null || items.some(({ seq }) => seq === wantedSeq);
  // Each place is gone to once: whoever scrolls on is not called back.
  const [doneFor, setDoneFor] = useState<number | 'start' | null>(null);
  const isDone = targetSeq === null ? doneFor !== null : doneFor === targetSeq;
  const isReady = isLoaded && (isHere || isDone || !isOnline);
  if (isReady && !isDone) setDoneFor(targetSeq ?? 'start');
  useEffect(() => {
    if (!isLoaded || !isOnline || wantedSeq === null || isHere || isDone) return;
    // Whether it is found or not, the list is shown then.
    void channel.jumpTo({ seq: wantedSeq }).finally(() => setDoneFor(targetSeq ?? 'start'));
  }, [channel, isLoaded, isOnline, wantedSeq, isHere, isDone, targetSeq]);
  return useMemo(
    () => ({
      readSeq,
      isReady,
      rowIn(rows) {
        const index =
          targetSeq === null
            ? rows.findIndex(({ kind }) => kind === 'unread')
            : rows.findIndex((row) => row.kind === 'message' && row.message.seq === targetSeq);
        return index < 0 ? null : index;
      },
    }),
    [readSeq, isReady, targetSeq],
  );
}

/** Behind which message new ones begin: taken once, so that reading moves the cursor on and the line stays. */
function useLine(channel: Channel): number | null {
  const info = useChannelInfo(channel.id);
  const isStale = useIsStale();
  const lineNow = info === null || info.unread === 0 ? null : (info.membership?.readSeq ?? null);
  const [line, setLine] = useState({ readSeq: lineNow, isStale });
  // What was read elsewhere in the meantime is known only now.
  if (line.isStale && !isStale) setLine({ readSeq: lineNow, isStale });
  return line.readSeq;
}
