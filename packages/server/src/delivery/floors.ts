import type { UserId } from '@parley/protocol';

/**
 * Up to where all other members of a channel have got, for each possible sender: `all` holds for everybody's messages, and
 * those of `holder`, the member furthest behind, are only waited for by the rest, who have all got to `rest`.
 */
export interface Floor {
  readonly all: number;
  readonly holder: UserId | null;
  readonly rest: number;
}

/** Messages whose status can advance: above `from`, up to and with `to`, of one sender or of all. */
export interface FloorRange {
  readonly from: number;
  readonly to: number;
  readonly senderId: UserId | null;
}

export interface FloorStep {
  readonly ranges: readonly FloorRange[];
  readonly floor: Floor;
  /** False when there was more than one step may do. */
  readonly isDone: boolean;
}

/** The floor that the cursors of the members make. */
export function floorOf(cursors: readonly { readonly userId: UserId; readonly seq: number }[]): Floor {
  let lowest: { userId: UserId; seq: number } | null = null;
  let second = Number.POSITIVE_INFINITY;
  for (const cursor of cursors) {
    if (lowest === null || cursor.seq < lowest.seq) {
      second = lowest?.seq ?? second;
      lowest = cursor;
    } else if (cursor.seq < second) second = cursor.seq;
  }
  if (lowest === null) return { all: 0, holder: null, rest: 0 };
  if (second === Number.POSITIVE_INFINITY) return { all: lowest.seq, holder: null, rest: lowest.seq };
  return { all: lowest.seq, holder: lowest.userId, rest: second };
}

/**
 * One step from the floor that was settled before towards the one of the cursors now, over at most `maxSpan` places for all
 * senders and as many for the holder. What was settled stays: a floor never goes back, even where a member who had read
 * everything hides it.
 */
export function stepFloor(settled: Floor, target: Floor, maxSpan: number): FloorStep {
  const all = Math.min(Math.max(settled.all, target.all), settled.all + maxSpan);
  const ranges: FloorRange[] = all > settled.all ? [{ from: settled.all, to: all, senderId: null }] : [];
  if (all < target.all) return { ranges, floor: { ...settled, all }, isDone: false };
  const from = Math.max(all, settled.holder === target.holder ? settled.rest : 0);
  const to = Math.min(target.rest, from + maxSpan);
  if (to > from && target.holder !== null) ranges.push({ from, to, senderId: target.holder });
  return {
    ranges,
    floor: { all, holder: target.holder, rest: Math.max(from, to) },
    isDone: to >= target.rest,
  };
}
