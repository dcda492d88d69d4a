import type { Channel, MessagesSnapshot } from '@parley/client';
import { useEffect, useMemo, useState } from 'react';
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
  // Taken once: reading moves the cursor on, the line stays.
  const [readSeq] = useState(() => {
    const info = channel.info.getSnapshot();
    return info === null || info.unread === 0 ? null : (info.membership?.readSeq ?? null);
  });
  const wantedSeq = targetSeq ?? (readSeq === null ? null : readSeq + 1);
  const isHere = wantedSeq === null || items.some(({ seq }) => seq === wantedSeq);
  const [jumpedTo, setJumpedTo] = useState<number | null>(null);
  useEffect(() => {
    if (!isLoaded || wantedSeq === null || isHere || jumpedTo === wantedSeq) return;
    // Whether it is found or not, the list is shown then.
    void channel.jumpTo({ seq: wantedSeq }).finally(() => setJumpedTo(wantedSeq));
  }, [channel, isLoaded, wantedSeq, isHere, jumpedTo]);
  const isReady = isLoaded && (isHere || jumpedTo === wantedSeq);
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
