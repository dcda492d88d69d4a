import type { ChannelId, UserId } from '@parley/protocol';
import { query } from '../../packages/server/src/storage/postgres.ts';
import { addUsers } from '../receipts/crowd.ts';
import { type BenchDatabase, buildIndex } from '../send/database.ts';

export const CHANNELS = 500;
/** Every so-many-th channel of the reader is unread, its last so many messages. */
const UNREAD_EVERY = 5;
const UNREAD = 20;
/** Rows of one statement: a bound on what one transaction holds. */
const CHUNK = 500_000;

/** A reader in 500 channels; the first of them holds half of all messages. */
export interface Store {
  database: BenchDatabase;
  userId: UserId;
  /** The largest first. */
  channels: ChannelId[];
  /** Messages of the largest channel. */
  largest: number;
}

export async function createStore(database: BenchDatabase): Promise<Store> {
  const [userId] = await addUsers(database, 1);
  if (userId === undefined) throw new Error('unable to fill the store; there is no user');
  const rows = await query<{ id: ChannelId }>(
    database.db,
    `INSERT INTO channels (id, kind, name, root_id, member_count)
     SELECT one.id, 'private', 'bench', one.id, 1 FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::int)) one
     RETURNING id`,
    [CHANNELS],
  );
  const channels = rows.map((row) => row.id);
  await query(
    database.db,
    `INSERT INTO channel_members (channel_id, user_id, role, rev) SELECT unnest($1::uuid[]), $2, 'member', 0`,
    [channels, userId],
  );
  return { database, userId, channels, largest: 0 };
}

/**
 * Brings the store to so many messages. Indexes are taken away and made anew, and the table writes no log meanwhile: what
 * is read afterwards is the same, and ten million rows take minutes instead of an hour.
 */
export async function growTo(store: Store, total: number, log: (line: string) => void): Promise<void> {
  const { db } = store.database;
  const indexes = await query<{ name: string; definition: string }>(
    db,
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
      WHERE indrelid = 'messages'::regclass AND NOT indisprimary`,
  );
  for (const { name } of indexes) await query(db, `DROP INDEX ${name}`);
  await query(db, 'ALTER TABLE messages SET UNLOGGED');
  const half = total / 2;
  await fill(store, store.channels.slice(0, 1), store.largest, half, log);
  const each = Math.floor(half / (CHANNELS - 1));
  const eachBefore = Math.floor(store.largest / (CHANNELS - 1));
  await fill(store, store.channels.slice(1), eachBefore, each, log);
  store.largest = half;
  log(`history: indexes over ${total} messages`);
  for (const { definition } of indexes) await buildIndex(store.database, definition);
  await moveCursors(store);
  await query(db, 'VACUUM ANALYZE messages');
  await query(db, 'ANALYZE');
}

async function fill(
  { database: { db } }: Store,
  channels: ChannelId[],
  from: number,
  to: number,
  log: (line: string) => void,
) {
  const step = Math.max(1, Math.floor(CHUNK / channels.length));
  for (let seq = from; seq < to; seq += step) {
    const last = Math.min(to, seq + step);
    log(`history: messages ${seq} to ${last} of ${channels.length} channels`);
    await query(
      db,
      `INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body, created_at)
       SELECT c, c, n, n, gen_random_uuid(), $2, 'hello, this is message number ' || n || ', as long as people write',
              now() - make_interval(secs => 100000000 - n)
         FROM unnest($1::uuid[]) c CROSS JOIN generate_series($3::bigint, $4::bigint) n`,
      [channels, '00000000-0000-4000-8000-000000000000', seq + 1, last],
    );
  }
  await query(db, 'UPDATE channels SET last_seq = $2::bigint, last_rev = $2::bigint WHERE id = ANY($1::uuid[])', [
    channels,
    to,
  ]);
}

async function moveCursors({ database: { db }, userId }: Store): Promise<void> {
  await query(
    db,
    `UPDATE channel_members m SET delivered_seq = c.last_seq, read_seq = c.last_seq - CASE WHEN place.n % $2 = 0 THEN $3 ELSE 0 END
       FROM channels c, (SELECT id, row_number() OVER (ORDER BY id) AS n FROM channels) place
      WHERE m.user_id = $1 AND c.id = m.channel_id AND place.id = c.id`,
    [userId, UNREAD_EVERY, UNREAD],
  );
}
