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
  const old = before.filter(({ kind }) => kind === 'message');
  if (old.length === 0) return false;
  const present = new Set(after.map(({ key }) => key));
  return (
    !present.has(old[0]?.key ?? '') && !present.has(old.at(-1)?.key ?? '') && !old.some(({ key }) => present.has(key))
  );
}
