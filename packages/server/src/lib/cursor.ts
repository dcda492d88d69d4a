import { isCleanText } from '@parley/protocol';
import { AppError } from './app-error.ts';

/**
 * Makes an opaque place in a list. `list` names the list and all that selects from it, so that a cursor of one list is
 * refused by another. A cursor grants nothing: it only says where to go on.
 */
export function makeCursor(list: string, place: readonly string[]): string {
  return Buffer.from(JSON.stringify([list, ...place])).toString('base64url');
}

/** Reads a cursor of `list` with `size` parts back; throws `bad_cursor` for anything that `makeCursor` did not make. */
export function readCursor(list: string, cursor: string, size: number): string[] {
  const parts = parse(cursor);
  const isOurs = parts.length === size + 1 && parts[0] === list && makeCursor(list, parts.slice(1)) === cursor;
  if (!isOurs) throw badCursor();
  return parts.slice(1);
}

/** Reads the cursor of a list that goes by ids which are whole numbers; null where there is no cursor. */
export function readIdCursor(list: string, cursor: string | undefined): number | null {
  if (cursor === undefined) return null;
  const [part] = readCursor(list, cursor, 1);
  const id = Number(part);
  if (!Number.isSafeInteger(id) || id < 0 || `${id}` !== part) throw badCursor();
  return id;
}

function badCursor(): AppError {
  return new AppError('bad_cursor', 'unable to read the cursor; it does not belong to this list');
}

function parse(cursor: string): string[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(value) && value.every(isStorable) ? value : [];
  } catch {
    return [];
  }
}

/** What PostgreSQL cannot store was never read from it. */
function isStorable(value: unknown): value is string {
  return typeof value === 'string' && isCleanText(value);
}
