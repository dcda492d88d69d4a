import type { ChannelId } from '@parley/protocol';
import { query } from '../../packages/server/src/storage/postgres.ts';
import { type ServerProcess, serverProcess } from '../../packages/server/src/testing/server-process.ts';
import { makeOwner, makePerson, type Person } from '../../tests/support/people.ts';
import { type BenchDatabase, openBenchDatabase } from '../send/database.ts';

const AUTHORS = ['Ada', 'Ben', 'Cleo', 'Dan', 'Eve', 'Finn', 'Gus', 'Hal'];

/** What people write to each other: most of it short and plain, some with marks, lists and code. */
const BODIES = [
  'Sounds good to me.',
  'I looked at it this morning: the second run is always slower than the first, and I do not yet know why. More after lunch.',
  'Who can take the call at three?',
  '**Done.** It is on the staging server, see https://example.com/builds/4711 for the notes.',
  'ok',
  'Three things before we ship:\n\n1. the migration has to run first\n2. `retry` must not swallow the error\n3. somebody tells support',
  '👍',
  'The log says\n\n```\nconnection reset by peer (attempt 3 of 5)\n```\n\nwhich is what we saw last week.',
  'I would rather wait for the review; it is not urgent, and *two* pairs of eyes have found more than one so far.',
  'see #general for the rest',
];

/** A server with one long channel, and somebody who reads it. */
export interface LongChannel {
  readonly server: ServerProcess;
  readonly reader: Person;
  readonly channelId: ChannelId;
  close(): Promise<void>;
}

/** Starts a server on a private database and fills a channel with so many messages. */
export async function openLongChannel(count: number): Promise<LongChannel> {
  const database = await openBenchDatabase(4);
  const { user = '', host = '', port = 0, database: name = '' } = database.connection;
  const url = `postgresql://${user}@localhost:${port}/${name}?host=${encodeURIComponent(host)}`;
  const server = await serverProcess(url, { PARLEY_SIGN_UP: 'open', PARLEY_NAME: 'Northwind' });
  await server.start();
  const reader = await makeOwner(server, 'Rita Reader');
  const authors: Person[] = [];
  for (const author of AUTHORS) authors.push(await makePerson(server.url, author));
  const ids = authors.map(({ signedIn }) => signedIn.user.id);
  const channel = await reader.client.createChannel({ kind: 'private', name: 'long', memberIds: ids });
  for (const { client } of [reader, ...authors]) client.close();
  // Nobody keeps what is written past him.
  await server.stop();
  await fill(database, channel.id, ids, count);
  await server.start();
  return {
    server,
    reader,
    channelId: channel.id,
    async close() {
      await server.stop();
      await database.remove();
    },
  };
}

async function fill({ db }: BenchDatabase, channelId: string, authors: readonly string[], count: number) {
  await query(
    db,
    `INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body, created_at)
     SELECT $1, $1, n, n + 100, gen_random_uuid(), ($2::uuid[])[1 + (n / 3) % $4::int], ($3::text[])[1 + (n * 7) % $5::int],
            now() - make_interval(secs => ($6::int - n) * 90)
       FROM generate_series(1, $6::int) n`,
    [channelId, authors, BODIES, authors.length, BODIES.length, count],
  );
  await query(db, 'UPDATE channels SET last_seq = $2::int, last_rev = $2::int + 100 WHERE id = $1', [channelId, count]);
  await query(db, 'UPDATE channel_members SET read_seq = $2::int, delivered_seq = $2::int WHERE channel_id = $1', [
    channelId,
    count,
  ]);
  // As of a channel that is long there: else the server would fill its index for search while the page is looked at.
  const marking =
    'INSERT INTO search_progress (root_id, rev) VALUES ($1, $2::int + 100) ON CONFLICT (root_id) DO UPDATE SET rev = excluded.rev';
  await query(db, marking, [channelId, count]);
  await query(db, 'ANALYZE messages');
}
