import type { Channel } from '@parley/client';
import { type RefObject, useCallback, useEffect, useRef } from 'react';
import type { VirtualizerHandle } from 'virtua';
import type { Row } from './rows.ts';

/** How often it is looked whether what lay on unread messages has gone: a pane, a dialog, a menu. */
const LOOK_MS = 400;
/** A message counts as seen when its last line is this close to being in sight. */
const TOLERANCE_PX = 16;
/** Within the last line, and not on its edge. */
const INSET_PX = 4;

interface Options {
  readonly channel: Channel;
  readonly scrollerRef: RefObject<HTMLElement | null>;
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
 * Tells the server what was read. A message is read only if all of the following holds: its end is in sight and nothing lies on it, the
 * page is visible, the window has the focus, and the reader has not marked the conversation unread since opening it.
 */
export function useReadMarker({ channel, scrollerRef, listRef, rows, isPlaced }: Options): ReadMarker {
  const isSuspended = useRef(false);
  // Said once: who marks it unread on another device is not contradicted by what still is in sight here.
  const reportedSeq = useRef(0);
  const report = useCallback(() => {
    const [list, scroller] = [listRef.current, scrollerRef.current];
    if (list === null || scroller === null || !isPlaced || isSuspended.current) return;
    if (document.visibilityState !== 'visible' || !document.hasFocus()) return;
    const seq = lastSeenSeq({ rows, list, scroller }, reportedSeq.current);
    if (seq === null) return;
    reportedSeq.current = seq;
    channel.markRead(seq);
  }, [channel, scrollerRef, listRef, rows, isPlaced]);
  useEffect(() => {
    report();
    // Nothing tells when something goes that lay on the list: it is looked for.
    const timer = setInterval(report, LOOK_MS);
    window.addEventListener('focus', report);
    document.addEventListener('visibilitychange', report);
    return () => {
      clearInterval(timer);
      window.removeEventListener('focus', report);
      document.removeEventListener('visibilitychange', report);
    };
  }, [report]);
  const suspend = useCallback(() => {
    isSuspended.current = true;
  }, []);
  return { report, suspend };
}

interface View {
  readonly rows: readonly Row[];
  readonly list: VirtualizerHandle;
  readonly scroller: HTMLElement;
}

/** The last message behind `seq` that can be seen; null when there is none. */
function lastSeenSeq({ rows, list, scroller }: View, seq: number): number | null {
  const bottom = list.scrollOffset + list.viewportSize + TOLERANCE_PX;
  for (let index = Math.min(list.findItemIndex(bottom), rows.length - 1); index >= 0; index--) {
    const row = rows[index];
    if (row?.kind !== 'message' || row.message.seq === 0) continue;
    // Messages stand in their order: there is nothing further above that was not told.
    if (row.message.seq <= seq) return null;
    const end = list.getItemOffset(index) + list.getItemSize(index);
    if (end > bottom) continue;
    // Nothing above the view is in sight: it need not be looked for.
    if (end < list.scrollOffset) return null;
    const element = scroller.querySelector(`[data-message="${row.key}"]`);
    if (element !== null && isUncovered(element, scroller)) return row.message.seq;
  }
  return null;
}

/** Whether the middle of the last line is what one would touch there: not hidden, and under no pane, dialog or picture. */
function isUncovered(element: Element, scroller: Element): boolean {
  const { left, width, bottom } = element.getBoundingClientRect();
  const lowest = scroller.getBoundingClientRect().bottom;
  const touched = document.elementFromPoint(left + width / 2, Math.min(bottom, lowest) - INSET_PX);
  return element.contains(touched);
}
