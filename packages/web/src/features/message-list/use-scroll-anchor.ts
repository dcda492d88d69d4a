import type { Channel, MessagesSnapshot } from '@parley/client';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { VirtualizerHandle } from 'virtua';
import { FollowedEnd, type Place } from './followed-end.ts';
import { isReplaced, isShifted } from './row-changes.ts';
import type { Row } from './rows.ts';

/** Older messages are asked for this long before one gets there. */
const PRELOAD_PX = 1_200;
/** A jump leaves this much of what comes before in sight. */
const LEAD_PX = 72;
/** By then a row that is gone to has its place. */
const AIM_MS = 300;
/** What readers scroll with. Tools that scroll for them do none of this. */
const GESTURES = ['wheel', 'touchstart', 'touchmove', 'pointerdown', 'keydown'] as const;
const KEYS_UP: ReadonlySet<string> = new Set(['ArrowUp', 'PageUp', 'Home', ' ']);

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
  const [end] = useState(() => new FollowedEnd());
  const isSeeking = useRef(false);
  const [found, setFound] = useState(0);
  const [aimed, setAimed] = useState(0);
  const [isPlaced, setPlaced] = useState(false);
  const [isAtEnd, setAtEnd] = useState(true);
  const last = useRef<{ rows: readonly Row[]; key: number }>({ rows: [], key: 0 });
  const listKey = isReplaced(last.current.rows, rows) ? last.current.key + 1 : last.current.key;
  const shift = isShifted(last.current.rows, rows);

  useLayoutEffect(() => {
    if (listKey !== last.current.key) end.replaced();
    last.current = { rows, key: listKey };
  }, [rows, listKey, end]);

  const scrollToEnd = useCallback(() => {
    end.follow();
    setAtEnd(true);
    putAtEnd(scrollerRef.current, end);
  }, [end]);

  const scrollToRow = useCallback(
    (index: number) => {
      end.leave();
      listRef.current?.scrollToIndex(index, { align: 'start', offset: -LEAD_PX });
      setAimed((count) => count + 1);
    },
    [end],
  );

  useLayoutEffect(() => {
    if (!isReady || isPlaced) return;
    if (startRow === null) scrollToEnd();
    else scrollToRow(startRow);
    // One frame later the rows in sight are measured, and the place is true.
    const frame = requestAnimationFrame(() => setPlaced(true));
    return () => cancelAnimationFrame(frame);
  }, [isReady, isPlaced, startRow, scrollToEnd, scrollToRow]);

  usePulls(scrollerRef, end);
  useMeasures(scrollerRef, end, setAtEnd);

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
    const place = placeOf(scroller);
    if (end.scrolled(place, hasNewer, performance.now())) putAtEnd(scroller, end);
    setAtEnd(end.isFollowed);
    if (isLoading) return;
    if (hasOlder && list.scrollOffset < PRELOAD_PX) void channel.loadOlder();
    else if (hasNewer && place.size - place.viewSize - place.offset < PRELOAD_PX) void channel.loadNewer();
  }, [channel, hasOlder, hasNewer, isLoading, isPlaced, end]);

  // A page that came may be too short to fill the view: then the next is due without anybody scrolling.
  useEffect(() => onScroll(), [onScroll]);
  // What stands at the end already is not scrolled to, and nothing else would tell that one is still there.
  useEffect(() => {
    if (aimed === 0) return;
    const timer = setTimeout(onScroll, AIM_MS);
    return () => clearTimeout(timer);
  }, [aimed, onScroll]);

  return { scrollerRef, listRef, listKey, shift, isPlaced, isAtEnd, onScroll, scrollToEnd, goToEnd, scrollToRow };
}

/** The browser's figures: the list learns of another size only after the scrolling that it leads to. */
function placeOf({ scrollTop: offset, scrollHeight: size, clientHeight: viewSize }: HTMLElement): Place {
  return { offset, size, viewSize };
}

function putAtEnd(scroller: HTMLElement | null, end: FollowedEnd): void {
  if (scroller === null) return;
  scroller.scrollTop = scroller.scrollHeight;
  end.put(placeOf(scroller));
}

/** Tells of what the reader does to scroll up. */
function usePulls(scrollerRef: RefObject<HTMLElement | null>, end: FollowedEnd): void {
  useEffect(() => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    let finger = 0;
    const isUp = (event: Event) => {
      if (event instanceof WheelEvent) return event.deltaY < 0;
      if (event instanceof KeyboardEvent) return KEYS_UP.has(event.key);
      // Who touches a message scrolls nothing; who takes the bar may go either way.
      if (event instanceof PointerEvent) return event.target === scroller;
      const before = finger;
      finger = (event as TouchEvent).touches[0]?.clientY ?? 0;
      return event.type === 'touchmove' && finger > before;
    };
    const pull = (event: Event) => {
      if (isUp(event)) end.pulled(performance.now());
    };
    for (const name of GESTURES) scroller.addEventListener(name, pull, { passive: true });
    return () => {
      for (const name of GESTURES) scroller.removeEventListener(name, pull);
    };
  }, [scrollerRef, end]);
}

/** Keeps the end in sight while it is followed, whatever grows or shrinks. */
function useMeasures(
  scrollerRef: RefObject<HTMLElement | null>,
  end: FollowedEnd,
  setAtEnd: (isAtEnd: boolean) => void,
): void {
  useEffect(() => {
    const scroller = scrollerRef.current;
    if (scroller === null) return;
    const observer = new ResizeObserver(() => {
      const wasFollowed = end.isFollowed;
      if (end.measured(placeOf(scroller), performance.now())) putAtEnd(scroller, end);
      else if (wasFollowed) setAtEnd(end.isFollowed);
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
  }, [scrollerRef, end, setAtEnd]);
}
