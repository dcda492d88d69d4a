import type { Row } from './rows.ts';

type Keyed = Pick<Row, 'key'>;

/** True when rows came (or went) at the front and nothing changed at the end. */
export function isShifted(before: readonly Keyed[], after: readonly Keyed[]): boolean {
  const [first] = before;
  if (first === undefined || after.length === before.length) return false;
  return after[0]?.key !== first.key && after.at(-1)?.key === before.at(-1)?.key;
}

/** True when the rows are another stretch of the channel, with none of the old messages in it. */
export function isReplaced(before: readonly Row[], after: readonly Row[]): boolean {
  const [old, present] = [stretchOf(before), stretchOf(after)];
  // A stretch has no hole, so its two ends tell what is in it.
  return old !== null && present !== null && (present.last < old.first || present.first > old.last);
}

/** The places of the first and last message among the rows; what is on its way has none yet. */
function stretchOf(rows: readonly Row[]): { readonly first: number; readonly last: number } | null {
  const first = rows.find(hasPlace);
  const last = rows.findLast(hasPlace);
  return first === undefined || last === undefined ? null : { first: first.message.seq, last: last.message.seq };
}

function hasPlace(row: Row): row is Row & { readonly kind: 'message' } {
  return row.kind === 'message' && row.message.seq > 0;
}
