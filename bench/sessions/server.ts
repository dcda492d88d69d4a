// A node whose users are each in the same 20 channels; tells its memory when asked, and says something in one of the
// channels when told to.

import { getHeapSpaceStatistics } from 'node:v8';
import { systemClock } from '../../packages/server/src/lib/clock.ts';
import { query } from '../../packages/server/src/storage/postgres.ts';
import { startTestNode } from '../../packages/server/src/testing/test-node.ts';
import { Authenticator } from '../../packages/server/src/users/authenticate.ts';
import { LastSeen } from '../../packages/server/src/users/last-seen.ts';
import { hashToken, makeToken } from '../../packages/server/src/users/tokens.ts';
import { openBenchDatabase } from '../send/database.ts';

export type ServerRequest = { kind: 'memory' } | { kind: 'database' } | { kind: 'say'; messages: number };

const CHANNELS = 20;
const users = Number(process.argv[2]);

const database = await openBenchDatabase(10);
const { db } = database;
await query(
  db,
  `INSERT INTO users (id, username, display_name)
   SELECT gen_random_uuid(), 'bench-' || n, 'Bench ' || n FROM generate_series(1, $1::int) n`,
  [users],
);
const channels = await query<{ id: string }>(
  db,
  `INSERT INTO channels (id, kind, name, root_id, last_rev, member_count)
   SELECT one.id, 'private', 'bench ' || one.id, one.id, 1, $2
     FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $1::int)) one RETURNING id`,
  [CHANNELS, users],
);
await query(
  db,
  `INSERT INTO channel_members (channel_id, user_id, role, rev) SELECT c.id, u.id, 'member', 1 FROM channels c, users u`,
);
const tokens = Array.from({ length: users }, () => makeToken('session'));
await query(
  db,
  `INSERT INTO sessions (id, user_id, token_hash, created_at, last_seen_at, expires_at, user_agent, address)
   SELECT gen_random_uuid(), u.id, t.hash, now(), now(), now() + interval '1 day', 'bench', '127.0.0.1'
     FROM (SELECT id, row_number() OVER () AS place FROM users) u
     JOIN unnest($1::bytea[]) WITH ORDINALITY AS t(hash, place) ON t.place = u.place`,
  [tokens.map((token) => hashToken(token))],
);
await query(db, 'ANALYZE');
const lastSeen = new LastSeen({ db, clock: systemClock, sessionMs: 86_400_000, onFault: () => {} });
const authenticator = new Authenticator({ db, clock: systemClock, lastSeen, hostJwt: null });
const node = await startTestNode(
  database,
  { PARLEY_CONNECT_RATE: 'off', PARLEY_MAX_CONNECTIONS: '100000' },
  {
    authenticate: (token, origin) => authenticator.authenticate(token, origin),
    recheckOne: (actor) => authenticator.recheckOne(actor),
    recheck: (actors) => authenticator.recheck(actors),
  },
);

/** What is held after everything that is garbage has been collected: in all, by JavaScript, and outside of its heap. */
function memory(): { connections: number; residentBytes: number; heapBytes: number; outsideBytes: number } {
  for (let round = 0; round < 3; round++) globalThis.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const heapPages = getHeapSpaceStatistics().reduce((sum, space) => sum + space.physical_space_size, 0);
  return {
    connections: node.gateway.connections,
    residentBytes: rss,
    heapBytes: heapUsed,
    outsideBytes: rss - heapPages,
  };
}

/** Messages that those who are away will have missed, in the first channel. */
async function say(messages: number): Promise<void> {
  await query(
    db,
    `WITH moved AS (UPDATE channels SET last_seq = last_seq + $2::int, last_rev = last_rev + $2::int WHERE id = $1 RETURNING last_seq - $2::int AS seq, last_rev - $2::int AS rev)
     INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body)
     SELECT $1, $1, moved.seq + n, moved.rev + n, gen_random_uuid(), (SELECT id FROM users LIMIT 1), 'while you were away'
       FROM moved CROSS JOIN generate_series(1, $2::int) n`,
    [channels[0]?.id, messages],
  );
}

process.on('message', (request: ServerRequest) => {
  if (request.kind === 'memory') process.send?.(memory());
  else if (request.kind === 'database') void database.used().then((used) => process.send?.(used));
  else void say(request.messages).then(() => process.send?.({ said: request.messages }));
});
process.on('SIGTERM', () => {
  void lastSeen
    .close()
    .then(() => node.stop())
    .then(() => database.remove())
    .then(() => process.exit(0));
});
process.send?.({ url: node.url, tokens, channels: channels.map((row) => row.id) });
