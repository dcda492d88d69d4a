import { chownSync, lchownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../lib/start-error.ts';

/** The unprivileged account that PostgreSQL is given when the server itself runs as root. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** `nobody` on nearly every system. */
const NOBODY: Account = { uid: 65534, gid: 65534 };

/**
 * Chooses the account for PostgreSQL, which refuses to run as root: undefined (our own) for an ordinary user; for root
 * the owner of the existing cluster, so that a directory may go from a user to root and back, else nobody.
 */
export function chooseAccount(clusterDir: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const owner = statSync(clusterDir, { throwIfNoEntry: false });
  return owner === undefined || owner.uid === 0 ? NOBODY : { uid: owner.uid, gid: owner.gid };
}

/** Gives a directory with all below it to the account, unless it has it; without an account it is ours already. */
export function giveTo(account: Account | undefined, directory: string): void {
  if (account === undefined || statSync(directory).uid === account.uid) return;
  try {
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      lchownSync(join(entry.parentPath, entry.name), account.uid, account.gid);
    }
    // The directory itself comes last: it tells whether the rest is done.
    chownSync(directory, account.uid, account.gid);
  } catch (error) {
    throw cannotDropRoot(error);
  }
}

/** The refusal where root may not become another user, as in some sandboxes. */
export function cannotDropRoot(cause: unknown): StartError {
  return new StartError({
    code: 'cannot_drop_root',
    message: 'unable to start the embedded PostgreSQL; it must not run as root and this root may not change its user',
    hint: 'Start the server as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own.',
    cause,
  });
}
