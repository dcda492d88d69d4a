import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type ChannelId, type MessageId, makeUuid, type UserId } from '@parley/protocol';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { backupCommand } from '../cli/backup-command.ts';
import { restoreCommand } from '../cli/restore-command.ts';
import { runProgram } from '../cli/run-program.ts';
import { verifyCommand } from '../cli/verify-command.ts';
import { migrateDown, migrationStates } from '../storage/migrate.ts';
import { openPostgres, query } from '../storage/postgres.ts';
import { readEpoch } from '../storage/server-state.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { SocketClient } from '../testing/socket-client.ts';
import { createTestDatabase } from '../testing/test-database.ts';
import { startTestNode } from '../testing/test-node.ts';
import { waitFor } from '../testing/wait-for.ts';

let database: MigratedDatabase;
let directory: string;
let ada: UserId;
let channelId: ChannelId;
beforeEach(async () => {
  database = await migratedDatabase();
  directory = mkdtempSync(join(tmpdir(), 'parley-backup-'));
  ada = await addUser(database, 'ada', 'owner');
  channelId = await addChannel(database, [ada]);
});
afterEach(async () => {
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
});

async function parley(line: string, url: string, dataDir = directory) {
  let out = '';
  let complaint = '';
  const terminal = {
    env: { DATABASE_URL: url, PARLEY_DATA_DIR: dataDir },
    out: (text: string) => {
      out += text;
    },
    readInput: () => Promise.resolve(''),
  };
  const program = new Command('parley')
    .addCommand(backupCommand(terminal))
    .addCommand(restoreCommand(terminal))
    .addCommand(verifyCommand(terminal));
  const code = await runProgram(program, line.split(' '), (text) => {
    complaint += text;
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape.
  const json = (): any => JSON.parse(out);
  return { code, out, complaint, json };
}

/** An empty database for a restore, with a pool on it. */
async function emptyDatabase() {
  const empty = await createTestDatabase();
  const postgres = openPostgres({
    connection: empty.config,
    maxConnections: 4,
    statementTimeoutMs: 20_000,
    onError: () => {},
  });
  onTestFinished(async () => {
    await postgres.close();
    await empty.drop();
  });
  return { ...postgres, url: empty.connectionString };
}

const tablesOf = async (postgres: Pick<MigratedDatabase, 'db'>) =>
  (
    await query<{ name: string }>(
      postgres.db,
      'SELECT relname AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace',
    )
  ).map(({ name }) => name);

const source = () => database.database.connectionString;

/** Texts that a copy could spoil. */
const TEXTS = ['tab\there', 'line\nand\r\nline', 'back\\slash \\. \\N', '\\.', '"quotes", commas', '🦜 ñ', ''];

async function addMessages(count: number): Promise<void> {
  const top = await query<{ seq: number; rev: number }>(
    database.db,
    'SELECT last_seq AS seq, last_rev AS rev FROM channels WHERE id = $1',
    [channelId],
  );
  const { seq, rev } = top[0] ?? { seq: 0, rev: 0 };
  await query(
    database.db,
    `INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body)
     SELECT $1, $1, $2::bigint + n, $3::bigint + n, gen_random_uuid(), $4, ($5::text[])[1 + n % array_length($5::text[], 1)] FROM generate_series(1, $6::int) n`,
    [channelId, seq, rev, ada, TEXTS, count],
  );
  await query(database.db, 'UPDATE channels SET last_seq = last_seq + $2, last_rev = last_rev + $2 WHERE id = $1', [
    channelId,
    count,
  ]);
}

/** What the server first tells a client that resumes from positions it learned under an epoch. */
async function firstSync(postgres: Pick<MigratedDatabase, 'db' | 'pool'>, epoch: string) {
  const node = await startTestNode(postgres);
  onTestFinished(() => node.stop());
  const client = await SocketClient.connect(node.url, ada, { epoch, channels: [[channelId, 11]] });
  onTestFinished(() => client.close());
  return client.of('sync')[0];
}

const contentOf = (postgres: Pick<MigratedDatabase, 'db'>, table: string) =>
  query<{ row: string }>(postgres.db, `SELECT x::text AS row FROM ${table} x ORDER BY 1`);

describe('a backup', () => {
  test('[BAK1] [BAK2] taken while people send holds what was acknowledged before it, and is sound elsewhere', async () => {
    const node = await startTestNode(database);
    onTestFinished(() => node.stop());
    const client = await SocketClient.connect(node.url, ada);
    onTestFinished(() => client.close());
    const acknowledged: string[] = [];
    let isSending = true;
    const send = async () => {
      while (isSending) {
        const id = makeUuid() as MessageId;
        await client.run('message.send', { channelId, id, body: `message ${acknowledged.length}` });
        acknowledged.push(id);
      }
    };
    const senders = [send(), send(), send(), send()];
    await waitFor('some sends are acknowledged', () => acknowledged.length > 50);
    const before = [...acknowledged];
    const file = join(directory, 'now.parley');
    const made = await parley(`backup ${file} --json`, source());
    const during = acknowledged.length;
    await waitFor('sends go on', () => acknowledged.length > during + 20);
    isSending = false;
    await Promise.all(senders);
    expect([made.code, made.complaint]).toEqual([0, '']);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['now.parley']);

    const target = await emptyDatabase();
    const restored = await parley(`restore ${file} --json`, target.url, join(directory, 'other'));
    expect([restored.code, restored.complaint]).toEqual([0, '']);
    expect(restored.json()).toMatchObject({ sound: true, migrated: [] });
    const rows = await query<{ id: string }>(target.db, 'SELECT id FROM messages');
    const ids = new Set(rows.map(({ id }) => id));
    expect(before.filter((id) => !ids.has(id))).toEqual([]);
    expect(ids.size).toBeLessThan(acknowledged.length);
    const verified = await parley('verify --json', target.url);
    expect(verified.json()).toMatchObject({ ok: true, rows: { messages: ids.size } });
  });

  test('[BAK1] gives every table back to the letter, attachments too, and numbers go on', async () => {
    await addMessages(5_000);
    await query(
      database.db,
      `INSERT INTO audit_log (action, details) SELECT 'test', '{"a": "\\t"}' FROM generate_series(1, 9)`,
    );
    await query(database.db, `INSERT INTO reactions (channel_id, seq, emoji, user_id) VALUES ($1, 3, '🦜', $2)`, [
      channelId,
      ada,
    ]);
    const attachments = join(directory, 'attachments', 'ab');
    await mkdir(attachments, { recursive: true });
    const bytes = Buffer.from(Array.from({ length: 200_000 }, (_, at) => (at * 7) % 251));
    await writeFile(join(attachments, 'cdef'), bytes);
    await writeFile(join(attachments, 'empty'), '');
    const file = join(directory, 'all.parley');
    expect((await parley(`backup ${file}`, source())).complaint).toBe('');
    const target = await emptyDatabase();
    const other = join(directory, 'other');
    expect((await parley(`restore ${file} --keep-sessions --same-epoch`, target.url, other)).complaint).toBe('');
    for (const table of ['users', 'channels', 'channel_members', 'messages', 'reactions', 'audit_log'])
      expect([table, await contentOf(target, table)]).toEqual([table, await contentOf(database, table)]);
    expect(await readFile(join(other, 'attachments', 'ab', 'cdef'))).toEqual(bytes);
    expect(readdirSync(join(other, 'attachments', 'ab')).sort()).toEqual(['cdef', 'empty']);
    const [next] = await query<{ id: number }>(
      target.db,
      `INSERT INTO audit_log (action) VALUES ('next') RETURNING id`,
    );
    expect(next?.id).toBe(10);
    expect(await readEpoch(target.db)).toBe(await readEpoch(database.db));
  });

  test('[BAK1] remembers when it was taken', async () => {
    await parley(`backup ${join(directory, 'b')} --json`, source());
    await parley('verify', source());
    const rows = await query<{ key: string }>(
      database.db,
      `SELECT key FROM server_state WHERE now() - (value->>'at')::timestamptz < interval '1 hour' ORDER BY key`,
    );
    expect(rows.map(({ key }) => key)).toEqual(['last_backup', 'last_verify']);
  });

  test('[BAK1] that fails leaves the one before it, and nothing half', async () => {
    const file = join(directory, 'b');
    writeFileSync(file, 'the one before');
    const empty = await emptyDatabase();
    const failed = await parley(`backup ${file}`, empty.url);
    expect([failed.code, failed.complaint]).toEqual([1, expect.stringContaining('holds no Parley')]);
    expect(readdirSync(directory)).toEqual(['b']);
    expect(readFileSync(file, 'utf8')).toBe('the one before');
  });
});

test('[BAK1] a backup replaces what a killed one left, and refuses to run beside another', async () => {
  const file = join(directory, 'b');
  writeFileSync(`${file}.part`, 'half of it');
  const other = await database.pool.connect();
  await other.query('BEGIN');
  await other.query(`SELECT pg_advisory_xact_lock(hashtextextended('parley backup', 0))`);
  const refused = await parley(`backup ${file}`, source());
  await other.query('COMMIT');
  other.release();
  expect([refused.code, refused.complaint]).toEqual([1, expect.stringContaining('another backup')]);
  expect(readdirSync(directory)).toEqual(['b.part']);
  expect((await parley(`backup ${file}`, source())).code).toBe(0);
  expect(readdirSync(directory)).toEqual(['b']);
});

describe('a restore', () => {
  test('[BAK3] refuses a file that is cut, changed or none, and writes nothing', async () => {
    await addMessages(2_000);
    const file = join(directory, 'good');
    await parley(`backup ${file}`, source());
    const whole = readFileSync(file);
    const lines = gunzipSync(whole);
    const flipped = Buffer.from(whole);
    flipped.writeUInt8(flipped.readUInt8(whole.length >> 1) ^ 1, whole.length >> 1);
    const spoilt: Record<string, Buffer> = {
      'cut in the middle': whole.subarray(0, whole.length >> 1),
      'cut at the end': whole.subarray(0, whole.length - 1),
      'one bit': flipped,
      'another text': gzipSync(Buffer.from(lines.toString('latin1').replace('quotes', 'Quotes'), 'latin1')),
      'a row less': gzipSync(Buffer.from(lines.toString('latin1').replace(/^[^\n]*quotes[^\n]*\n/m, ''), 'latin1')),
      'no manifest': gzipSync(lines.subarray(0, lines.lastIndexOf('{"manifest"'))),
      'something after it': gzipSync(Buffer.concat([lines, Buffer.from('{}\n')])),
      'a dump of another kind': gzipSync('-- PostgreSQL database dump\n'),
      'no gzip': Buffer.from('hello'),
      nothing: Buffer.alloc(0),
    };
    const target = await emptyDatabase();
    for (const [how, bytes] of Object.entries(spoilt)) {
      const bad = join(directory, 'bad');
      writeFileSync(bad, bytes);
      const refused = await parley(`restore ${bad}`, target.url, join(directory, 'other'));
      expect([how, refused.code, refused.complaint]).toEqual([
        how,
        1,
        expect.stringContaining('unable to use the backup'),
      ]);
      expect([how, await tablesOf(target)]).toEqual([how, []]);
    }
    expect((await parley(`restore ${join(directory, 'missing')}`, target.url)).complaint).toContain('ENOENT');
    expect((await parley(`restore ${file}`, target.url)).code).toBe(0);
  });

  test('[BAK3] that the database refuses half-way leaves the database empty', async () => {
    await query(database.db, 'ALTER TABLE channel_members DROP CONSTRAINT channel_members_user_id_fkey');
    await query(database.db, 'UPDATE channel_members SET user_id = gen_random_uuid()');
    const file = join(directory, 'b');
    await parley(`backup ${file}`, source());
    const target = await emptyDatabase();
    const failed = await parley(`restore ${file}`, target.url);
    expect([failed.code, failed.complaint]).toEqual([1, expect.stringContaining('channel_members_user_id_fkey')]);
    expect(await tablesOf(target)).toEqual([]);
  });

  test('[BAK4] refuses a database, and attachments, that are not empty', async () => {
    await mkdir(join(directory, 'attachments'));
    await writeFile(join(directory, 'attachments', 'one'), 'one');
    const file = join(directory, 'b');
    await parley(`backup ${file}`, source());
    const again = await parley(`restore ${file}`, source());
    expect([again.code, again.complaint]).toEqual([1, expect.stringContaining('the database is not empty')]);
    expect((await query(database.db, 'SELECT FROM users')).length).toBe(1);
    const target = await emptyDatabase();
    const beside = await parley(`restore ${file}`, target.url);
    expect([beside.code, beside.complaint]).toEqual([1, expect.stringContaining('there are files in')]);
    expect(await tablesOf(target)).toEqual([]);
  });

  test('[BAK5] makes a new epoch, so that a client that resumes is told to reset, and ends sessions', async () => {
    await query(
      database.db,
      `INSERT INTO sessions (id, user_id, token_hash, expires_at) VALUES (gen_random_uuid(), $1, 'x', now() + interval '1 day')`,
      [ada],
    );
    await addMessages(10);
    const file = join(directory, 'b');
    await parley(`backup ${file}`, source());
    const epoch = await readEpoch(database.db);
    const target = await emptyDatabase();
    await parley(`restore ${file}`, target.url);
    expect(await readEpoch(target.db)).not.toBe(epoch);
    expect(await query(target.db, 'SELECT FROM sessions')).toEqual([]);

    expect(await firstSync(target, epoch)).toMatchObject({ reset: true });

    const moved = await emptyDatabase();
    await parley(`restore ${file} --same-epoch`, moved.url);
    expect(await firstSync(moved, epoch)).toMatchObject({ reset: false });
  });

  test('[BAK6] of a backup at an older schema brings it to the newest', async () => {
    await migrateDown(database.db, 2);
    const file = join(directory, 'b');
    const made = await parley(`backup ${file}`, source());
    expect([made.code, made.complaint]).toEqual([0, '']);
    const target = await emptyDatabase();
    const restored = await parley(`restore ${file} --json`, target.url);
    expect([restored.complaint, restored.json().migrated.length]).toEqual(['', 2]);
    expect((await migrationStates(target.db)).filter(({ ranAt }) => ranAt === null)).toEqual([]);
  });

  test('[BAK6] of a backup with migrations that are not known here is refused', async () => {
    const file = join(directory, 'b');
    await parley(`backup ${file}`, source());
    const lines = gunzipSync(readFileSync(file)).toString('latin1');
    const changed = lines.replace('"migrations":[', '"migrations":["29990101000000_later",');
    // The hash covers the header: it is made anew, as a later version would have made it.
    const { createHash } = await import('node:crypto');
    const body = changed.slice(0, changed.lastIndexOf('{"manifest"'));
    const sha256 = createHash('sha256').update(Buffer.from(body, 'latin1')).digest('hex');
    const end = changed.slice(body.length).replace(/[0-9a-f]{64}/, sha256);
    writeFileSync(file, gzipSync(Buffer.from(body + end, 'latin1')));
    const target = await emptyDatabase();
    const refused = await parley(`restore ${file}`, target.url);
    expect([refused.code, refused.complaint]).toEqual([1, expect.stringContaining('this one does not have')]);
    expect(await tablesOf(target)).toEqual([]);
  });
});
