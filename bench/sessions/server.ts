// A node whose users are each in the same 20 channels; tells its memory when asked.
import { query } from '../../packages/server/src/storage/postgres.ts';
import { startTestNode } from '../../packages/server/src/testing/test-node.ts';
import { openBenchDatabase } from '../send/database.ts';

const CHANNELS = 20;
const users = Number(process.argv[2]);

const database = await openBenchDatabase(12);
await query(
  database.db,
  `INSERT INTO users (id, username, display_name)
   SELECT gen_random_uuid(), 'bench-' || n, 'Bench ' || n FROM generate_series(1, $1::int) n`,
  [users],
);
await query(
  database.db,
  `INSERT INTO channels (id, kind, name, root_id, last_rev, member_count)
   SELECT one.id, 'private', 'bench ' || one.id, one.id, 1, $2
     FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::int)) one`,
  [CHANNELS, users],
);
await query(
  database.db,
  `INSERT INTO channel_members (channel_id, user_id, role, rev) SELECT c.id, u.id, 'member', 1 FROM channels c, users u`,
);
await query(database.db, 'ANALYZE');
const node = await startTestNode(database, { PARLEY_CONNECT_RATE: 'off', PARLEY_MAX_CONNECTIONS: '100000' });

/** Resident bytes after everything that is garbage has been collected. */
function residentBytes(): number {
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  return process.memoryUsage().rss;
}

process.on('message', () => process.send?.({ connections: node.gateway.connections, residentBytes: residentBytes() }));
process.on('SIGTERM', () => {
  void node
    .stop()
    .then(() => database.remove())
    .then(() => process.exit(0));
});
const ids = await query<{ id: string }>(database.db, 'SELECT id FROM users');
process.send?.({ url: node.url, users: ids.map((row) => row.id) });
