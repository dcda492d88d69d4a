import type { Channel, MessagesSnapshot } from '@parley/client';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { isReplaced, isShifted } from './row-changes.ts';
import type { Row } from './rows.ts';

/** This close to the end counts as at the end: half a line of text. */
const END_TOLERANCE_PX = 24;
/** Older messages are asked for this long before one gets there. */
const PRELOAD_PX = 1_200;
/** A jump leaves this much of what comes before in sight. */
const LEAD_PX = 72;
/** Scrolling this soon after something was measured is the list's own, not the reader's. */
const SETTLE_MS = 250;
/** What readers scroll with. Tools that scroll for them do none of this, and are known by scrolling while nothing is measured. */
const GESTURES = ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const;
const SCROLL_KEYS: ReadonlySet<string> = new Set(['ArrowUp', 'ArrowDown', 'PageUp', 'PageDown', 'Home', 'End', ' ']);

interface Options {
  readonly rows: readonly Row[];
  readonly snapshot: MessagesSnapshot;
  readonly channel: Channel;
  /** Where to begin: a row, or null for the end. */
  readonly startRow: number | null;
  /** False until the rows hold the place to begin. */
  readonly isReady: boolean;
}

export interface ScrollAnchor {
  readonly scrollerRef: RefObject<HTMLDivElement | null>;
  readonly listRef: RefObject<VirtualizerHandle | null>;
  /** Names one unbroken list: another key, another list. */
  readonly listKey: number;
  /** Older rows have come in front: what is in sight stays where it is. */
  readonly shift: boolean;
  readonly isPlaced: boolean;
  readonly isAtEnd: boolean;
  readonly onScroll: () => void;
  readonly scrollToEnd: () => void;
  /** Goes to the end of the channel, also when that is not loaded yet. */
  readonly goToEnd: () => void;
  readonly scrollToRow: (index: number) => void;
}

/**
 * Keeps the view still: while older pages come in front, and while messages come behind, unless one reads at the end; then the end stays
 * in sight, also when the composer grows or a keyboard opens.
 */
export function useScrollAnchor({ rows, snapshot, channel, startRow, isReady }: Options): ScrollAnchor {
  const scrollerRef = useRef<HTMLDivElement>(null);
  const listRef = useRef<VirtualizerHandle>(null);
  const followsEnd = useRef(false);
  const lastPlace = useRef<Place>(TOP);
  const isSeeking = useRef(false);
  const [found, setFound] = useState(0);
  const [isPlaced, setPlaced] = useState(false);
  const [isAtEnd, setAtEnd] = useState(true);
  const hand = useHand(scrollerRef);
  const last = useRef<{ rows: readonly Row[]; key: number }>({ rows: [], key: 0 });
  const listKey = isReplaced(last.current.rows, rows) ? last.current.key + 1 : last.current.key;
  const shift = isShifted(last.current.rows, rows);

  useLayoutEffect(() => {
    // Another list begins at its top: that is no scrolling up.
    if (listKey !== last.current.key) lastPlace.current = TOP;
    last.current = { rows, key: listKey };
  }, [rows, listKey]);

  const scrollToEnd = useCallback(() => {
    followsEnd.current = true;
    hand.current = false;
    setAtEnd(true);
    const scroller = scrollerRef.current;
    if (scroller !== null) scroller.scrollTop = scroller.scrollHeight;
  }, [hand]);

  const scrollToRow = useCallback((index: number) => {
    followsEnd.current = false;
    listRef.current?.scrollToIndex(index, { align: 'start', offset: -LEAD_PX });
  }, []);

  useLayoutEffect(() => {
    if (!isReady || isPlaced) return;
    if (startRow === null) scrollToEnd();
    else scrollToRow(startRow);
    // One frame later the rows in sight are measured, and the place is true.
    const frame = requestAnimationFrame(() => setPlaced(true));
    return () => cancelAnimationFrame(frame);
  }, [isReady, isPlaced, startRow, scrollToEnd, scrollToRow]);

  const measuredAt = useFollowedEnd(scrollerRef, followsEnd);

  const { hasOlder, hasNewer, isLoading } = snapshot;
  const goToEnd = useCallback(() => {
    if (!hasNewer) return scrollToEnd();
    isSeeking.current = true;
    void channel.jumpToLatest().finally(() => setFound((count) => count + 1));
  }, [channel, hasNewer, scrollToEnd]);
  // Only when the new stretch is drawn is there an end to scroll to.
  useLayoutEffect(() => {
    if (found === 0) return;
    isSeeking.current = false;
    scrollToEnd();
  }, [found, scrollToEnd]);
  const onScroll = useCallback(() => {
    const [list, scroller] = [listRef.current, scrollerRef.current];
    if (list === null || scroller === null || !isPlaced || isSeeking.current) return;
    // The browser's figures: the list learns of another size only after the scrolling that it leads to.
    const { scrollTop: offset, scrollHeight: size, clientHeight: viewSize } = scroller;
    const place = { offset, size, viewSize };
    const toEnd = size - viewSize - offset;
    const isNearEnd = toEnd <= END_TOLERANCE_PX && !hasNewer;
    const isQuiet = performance.now() - measuredAt.current > SETTLE_MS;
    const isLeaving = hand.current || (isQuiet && isScrolledUp(lastPlace.current, place));
    if (isNearEnd || hasNewer || !followsEnd.current || isLeaving) {
      followsEnd.current = isNearEnd;
      setAtEnd(isNearEnd);
    }
    // The list has put back what was in sight, for older rows came in front just when its reader went to the end.
    else scroller.scrollTop = scroller.scrollHeight;
    if (isNearEnd) hand.current = false;
    lastPlace.current = place;
    if (isLoading) return;
    if (hasOlder && list.scrollOffset < PRELOAD_PX) void channel.loadOlder();
    else if (hasNewer && toEnd < PRELOAD_PX) void channel.loadNewer();
  }, [channel, hasOlder, hasNewer, isLoading, isPlaced, hand, measuredAt]);

  // A page that came may be too short to fill the view: then the next is due without anybody scrolling.
  useEffect(() => onScroll(), [onScroll]);

  return { scrollerRef, listRef, listKey, shift, isPlaced, isAtEnd, onScroll, scrollToEnd, goToEnd, scrollToRow };
}

interface Place {
  readonly offset: number;
  readonly size: number;
  readonly viewSize: number;
}

const TOP: Place = { offset: 0, size: 0, viewSize: 0 };

/** True when the reader has scrolled up. Where list or view have another size than before, something was measured or turned instead. */
export function isScrolledUp(before: Place, after: Place): boolean {
  const isSame = (a: number, b: number) => Math.abs(a - b) <= 1;
  return after.offset < before.offset - 1 && isSame(before.size, after.size) && isSame(before.viewSize, after.viewSize);
}

/** Whether the reader has taken hold of the list since its end was last in sight. */
function useHand(scrollerRef: RefObject<HTMLDivElement | null>): RefObject<boolean> {
  const hand = useRef(false);
  useEffect(() => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    const take = (event: Event) => {
      // Who touches a message or writes in one scrolls nothing: what then moves is measured anew.
      if (event instanceof KeyboardEvent && !SCROLL_KEYS.has(event.key)) return;
      if (event.type === 'pointerdown' && event.target !== scroller) return;
      hand.current = true;
    };
    for (const name of GESTURES) scroller.addEventListener(name, take, { passive: true });
    return () => {
      for (const name of GESTURES) scroller.removeEventListener(name, take);
    };
  }, [scrollerRef]);
  return hand;
}

/** Keeps the end in sight while it is followed, whatever grows or shrinks; gives when that was last. */
function useFollowedEnd(
  scrollerRef: RefObject<HTMLDivElement | null>,
  followsEnd: RefObject<boolean>,
): RefObject<number> {
  const measuredAt = useRef(0);
  useEffect(() => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    const observer = new ResizeObserver(() => {
      measuredAt.current = performance.now();
      if (followsEnd.current) scroller.scrollTop = scroller.scrollHeight;
    });
    observer.observe(scroller);
    for (const child of scroller.children) observer.observe(child);
    const children = new MutationObserver(() => {
      for (const child of scroller.children) observer.observe(child);
    });
    children.observe(scroller, { childList: true });
    return () => {
      observer.disconnect();
      children.disconnect();
    };
  }, [scrollerRef, followsEnd]);
  return measuredAt;
}
