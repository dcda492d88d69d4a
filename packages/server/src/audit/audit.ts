import type { UserId } from '@parley/protocol';
import { type Queryable, query } from '../storage/postgres.ts';

/** Who did what to whom; never message text, never a token or password. */
export interface AuditEntry {
  /** Null: nobody who is signed in, or the operator at the command line. */
  readonly actorId: UserId | null;
  /** A dotted word, as `auth.sign_in`. */
  readonly action: string;
  /** Id of what it was done to. */
  readonly target?: string | null;
  readonly details?: Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
  readonly address?: string | null;
}

/** Writes one entry; inside a transaction it stands or falls with what it tells of. */
export async function record(on: Queryable, entry: AuditEntry): Promise<void> {
  await query(on, 'INSERT INTO audit_log (actor_id, action, target, details, address) VALUES ($1, $2, $3, $4, $5)', [
    entry.actorId,
    entry.action,
    entry.target ?? null,
    JSON.stringify(entry.details ?? {}),
    entry.address ?? null,
  ]);
}
