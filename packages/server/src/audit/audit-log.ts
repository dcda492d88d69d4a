import type { AuditEntryView, UserId } from '@parley/protocol';
import { makeCursor, readIdCursor } from '../lib/cursor.ts';
import { type Database, query } from '../storage/postgres.ts';

/** Entries read at a time for an export. */
const EXPORT_ROWS = 1_000;

/** What selects from the log. */
export interface AuditFilter {
  readonly actorId?: UserId | undefined;
  /** A whole action, or its first word. */
  readonly action?: string | undefined;
  readonly target?: string | undefined;
  /** Epoch milliseconds. */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** The page that begins below an id; an id is the order in which things were written down. */
const PAGE = `
SELECT a.id, a.at, a.actor_id AS "actorId", u.username AS actor, a.action, a.target, a.details, a.address
  FROM audit_log a LEFT JOIN users u ON u.id = a.actor_id
 WHERE ($1::bigint IS NULL OR a.id < $1) AND ($2::uuid IS NULL OR a.actor_id = $2)
   AND ($3::text IS NULL OR a.action = $3 OR starts_with(a.action, $3 || '.'))
   AND ($4::text IS NULL OR a.target = $4)
   AND ($5::timestamptz IS NULL OR a.at >= $5) AND ($6::timestamptz IS NULL OR a.at < $6)
 ORDER BY a.id DESC LIMIT $7`;

/** Who did what: read page by page, or all of it. */
export class AuditLog {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** One page, newest first. */
  async page(
    asked: AuditFilter & { readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<{ entries: AuditEntryView[]; nextCursor: string | null }> {
    const { cursor, limit, ...filter } = asked;
    const list = `audit ${JSON.stringify(filter)}`;
    // One more than asked for tells whether there is a next page.
    const rows = await this.#read(filter, readIdCursor(list, cursor), limit + 1);
    const entries = rows.slice(0, limit);
    const last = entries.at(-1);
    return { entries, nextCursor: rows.length > limit && last !== undefined ? makeCursor(list, [`${last.id}`]) : null };
  }

  /** Everything that a filter selects, newest first, a part at a time. */
  async *all(filter: AuditFilter): AsyncGenerator<AuditEntryView> {
    let below: number | null = null;
    for (;;) {
      const rows: AuditEntryView[] = await this.#read(filter, below, EXPORT_ROWS);
      yield* rows;
      const last = rows.at(-1);
      if (last === undefined || rows.length < EXPORT_ROWS) return;
      below = last.id;
    }
  }

  #read({ actorId, action, target, since, until }: AuditFilter, below: number | null, limit: number) {
    const timeOf = (time: number | undefined) => (time === undefined ? null : new Date(time));
    const parameters = [below, actorId ?? null, action ?? null, target ?? null, timeOf(since), timeOf(until), limit];
    return query<AuditEntryView>(this.#db, PAGE, parameters);
  }
}
