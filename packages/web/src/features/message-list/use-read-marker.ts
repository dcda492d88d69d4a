import type { Channel } from '@parley/client';
import { type RefObject, useCallback, useEffect, useRef } from 'react';
import type { VirtualizerHandle } from 'virtua';
import type { Row } from './rows.ts';

/** A message counts as seen when its last line is this close to being in sight. */
const TOLERANCE_PX = 16;

interface Options {
  readonly channel: Channel;
  readonly listRef: RefObject<VirtualizerHandle | null>;
  readonly rows: readonly Row[];
  readonly isPlaced: boolean;
}

export interface ReadMarker {
  /** Says that what is in sight has been read. Call it when that may have changed. */
  readonly report: () => void;
  /** Reports nothing more until the conversation is opened again: its reader wants it unread. */
  readonly suspend: () => void;
}

/**
 * Tells the server what was read. A message is read only if all of the following holds: its end is in sight, the page is visible, the
 * window has the focus, and the reader has not marked the conversation unread since opening it.
 */
export function useReadMarker({ channel, listRef, rows, isPlaced }: Options): ReadMarker {
  const isSuspended = useRef(false);
  const report = useCallback(() => {
    const list = listRef.current;
    if (list === null || !isPlaced || isSuspended.current) return;
    if (document.visibilityState !== 'visible' || !document.hasFocus()) return;
    const seq = lastSeenSeq(rows, list);
    if (seq > 0) channel.markRead(seq);
  }, [channel, listRef, rows, isPlaced]);
  useEffect(() => {
    report();
    window.addEventListener('focus', report);
    document.addEventListener('visibilitychange', report);
    return () => {
      window.removeEventListener('focus', report);
      document.removeEventListener('visibilitychange', report);
    };
  }, [report]);
  const suspend = useCallback(() => {
    isSuspended.current = true;
  }, []);
  return { report, suspend };
}

function lastSeenSeq(rows: readonly Row[], list: VirtualizerHandle): number {
  const bottom = list.scrollOffset + list.viewportSize + TOLERANCE_PX;
  for (let index = Math.min(list.findItemIndex(bottom), rows.length - 1); index >= 0; index--) {
    const row = rows[index];
    if (row?.kind !== 'message' || row.message.seq === 0) continue;
    if (list.getItemOffset(index) + list.getItemSize(index) <= bottom) return row.message.seq;
  }
  return 0;
}
