import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { StartError } from '../lib/start-error.ts';

/** In a data directory: its database has moved, and what is left of it must not be written to again. */
const MARK = 'promoted.json';

/** Marks a data directory whose database lives at `target` (host and name, no password) from now on. */
export function markPromoted(dataDir: string, target: string, epoch: string): void {
  const mark = { target, epoch, at: new Date().toISOString() };
  writeFileSync(join(resolve(dataDir), MARK), `${JSON.stringify(mark, null, 2)}\n`, { mode: 0o600 });
}

/** Refuses a data directory whose database has moved: two servers would go on from the same past in two ways. */
export function refusePromoted(dataDir: string): void {
  const path = join(resolve(dataDir), MARK);
  if (!existsSync(path)) return;
  const { target } = JSON.parse(readFileSync(path, 'utf8')) as { readonly target?: unknown };
  throw new StartError({
    code: 'data_dir_promoted',
    message: `unable to start on the embedded database; it was moved to ${String(target)}`,
    hint: `Set DATABASE_URL. To go back to what was here before the move, and lose what was written since, remove ${path}.`,
  });
}
