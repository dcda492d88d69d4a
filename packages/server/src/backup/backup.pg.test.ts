import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { type ChannelId, type MessageId, makeUuid, type UserId } from '@parley/protocol';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import type { BlobStore } from '../attachments/blob-store.ts';
import { DiskBlobStore } from '../attachments/disk-blob-store.ts';
import { S3BlobStore } from '../attachments/s3-blob-store.ts';
import { S3Bucket } from '../attachments/s3-bucket.ts';
import { backupCommand } from '../cli/backup-command.ts';
import { restoreCommand } from '../cli/restore-command.ts';
import { runProgram } from '../cli/run-program.ts';
import { verifyCommand } from '../cli/verify-command.ts';
import { migrateDown, migrationStates } from '../storage/migrate.ts';
import { connectApart, openPostgres, query } from '../storage/postgres.ts';
import { readEpoch } from '../storage/server-state.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { SocketClient } from '../testing/socket-client.ts';
import { createTestDatabase } from '../testing/test-database.ts';
import { startTestNode } from '../testing/test-node.ts';
import { TestS3 } from '../testing/test-s3.ts';
import { waitFor } from '../testing/wait-for.ts';
import { writeBackup } from './backup.ts';
import type { BackupFile } from './backup-file.ts';

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

const parley = (line: string, url: string, dataDir?: string, env?: Record<string, string>) =>
  parleyWith(line.split(' '), url, dataDir, env);

async function parleyWith(words: string[], url: string, dataDir = directory, env: Record<string, string> = {}) {
  let out = '';
  let complaint = '';
  const terminal = {
    env: { DATABASE_URL: url, PARLEY_DATA_DIR: dataDir, ...env },
    out: (text: string) => {
      out += text;
    },
    readInput: () => Promise.resolve(''),
  };
  const program = new Command('parley')
    .addCommand(backupCommand(terminal))
    .addCommand(restoreCommand(terminal))
    .addCommand(verifyCommand(terminal));
  const code = await runProgram(program, words, (text) => {
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

/** Stores a file, and a row that speaks of it. */
async function addFile(blobs: BlobStore, bytes: Buffer, small?: Buffer): Promise<string> {
  const { key } = await blobs.write(Readable.from([bytes]), bytes.length + 1);
  const thumb = small && (await blobs.write(Readable.from([small]), small.length)).key;
  await query(
    database.db,
    `INSERT INTO attachments (id, owner_id, storage_key, name, type, size, created_at, thumb_key, thumb_width, thumb_height)
     VALUES (gen_random_uuid(), $1, $2, 'a', 'image/png', $3, now(), $4::text, $5::int, $5::int)`,
    [ada, key, bytes.length, thumb ?? null, thumb === undefined ? null : 1],
  );
  return key;
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

  test('[BAK1] gives every table back to the letter, and numbers go on', async () => {
    await addMessages(5_000);
    await query(
      database.db,
      `INSERT INTO audit_log (action, details) SELECT 'test', '{"a": "\\t"}' FROM generate_series(1, 9)`,
    );
    await query(database.db, `INSERT INTO reactions (channel_id, seq, emoji, user_id) VALUES ($1, 3, '🦜', $2)`, [
      channelId,
      ada,
    ]);
    const file = join(directory, 'all.parley');
    expect((await parley(`backup ${file}`, source())).complaint).toBe('');
    const target = await emptyDatabase();
    expect((await parley(`restore ${file} --keep-sessions --same-epoch`, target.url)).complaint).toBe('');
    for (const table of ['users', 'channels', 'channel_members', 'messages', 'reactions'])
      expect([table, await contentOf(target, table)]).toEqual([table, await contentOf(database, table)]);
    // The backup itself is told after its snapshot.
    expect(await contentOf(target, 'audit_log')).toEqual(
      await contentOf(database, `(SELECT * FROM audit_log WHERE action <> 'backup.made')`),
    );
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

/** An S3 storage, and the settings by which it is reached. */
async function bucketStorage() {
  const s3 = await TestS3.start();
  const bucket = new S3Bucket({ ...s3.options, timeoutMs: 30_000 });
  onTestFinished(async () => {
    bucket.close();
    await s3.stop();
  });
  const { endpoint, region, accessKeyId, secretAccessKey } = s3.options;
  const env = {
    PARLEY_S3_ENDPOINT: endpoint,
    PARLEY_S3_REGION: region,
    PARLEY_S3_ACCESS_KEY_ID: accessKeyId,
    PARLEY_S3_SECRET_ACCESS_KEY: secretAccessKey,
  };
  return {
    s3,
    env,
    blobs: new S3BlobStore(bucket, 'parley/'),
    inBucket: { ...env, PARLEY_S3_BUCKET: s3.options.bucket, PARLEY_S3_PREFIX: 'parley/' },
  };
}

describe('the files of messages', () => {
  const large = Buffer.from(Array.from({ length: 5_000_000 }, (_, at) => (at * 7) % 251));

  test('[BAK1] go from a bucket into a backup in a bucket, and from there to a disk and into another bucket', async () => {
    const from = await bucketStorage();
    const [key, short, empty] = [
      await addFile(from.blobs, large, Buffer.from('small version')),
      await addFile(from.blobs, Buffer.from('short')),
      await addFile(from.blobs, Buffer.alloc(0)),
    ];
    from.s3.objects.set(`parley/${'0'.repeat(48)}`, { bytes: Buffer.from('of nobody'), modifiedAt: 0 });
    const made = await parley('backup s3://files/backups/b.gz --json', source(), directory, from.inBucket);
    expect([made.complaint, made.json()]).toMatchObject([
      '',
      { files: 4, filesMissing: 0, place: 's3://files/backups/b.gz' },
    ]);
    expect(readdirSync(directory)).toEqual([]);

    const target = await emptyDatabase();
    const other = join(directory, 'other');
    const restored = await parley('restore s3://files/backups/b.gz --json', target.url, other, from.env);
    expect([restored.complaint, restored.json()]).toMatchObject(['', { files: 4, sound: true }]);
    const onDisk = new DiskBlobStore(join(other, 'attachments'));
    expect((await buffer(await onDisk.read(key))).equals(large)).toBe(true);
    expect(String(await buffer(await onDisk.read(short)))).toBe('short');
    expect((await buffer(await onDisk.read(empty))).length).toBe(0);

    // And back again, from the disk.
    const again = await parley(`backup ${join(directory, 'b')} --json`, target.url, other);
    expect([again.complaint, again.json()]).toMatchObject(['', { files: 4 }]);
    const to = await bucketStorage();
    const third = await emptyDatabase();
    const moved = await parley(`restore ${join(directory, 'b')} --json`, third.url, directory, to.inBucket);
    expect([moved.complaint, moved.json()]).toMatchObject(['', { files: 4, sound: true }]);
    expect(to.s3.objects.get(`parley/${key}`)?.bytes.equals(large)).toBe(true);
    expect(to.s3.objects.size).toBe(4);
  });

  test('[BAK1] whose bytes are gone are counted, and the rest is backed up', async () => {
    const blobs = new DiskBlobStore(join(directory, 'attachments'));
    await blobs.remove(await addFile(blobs, Buffer.from('gone')));
    const kept = await addFile(blobs, Buffer.from('kept'));
    await query(database.db, 'UPDATE attachments SET gone_at = now() WHERE storage_key = $1', [
      await addFile(blobs, Buffer.from('deleted')),
    ]);
    const made = await parley(`backup ${join(directory, 'b')} --json`, source());
    expect([made.complaint, made.json()]).toMatchObject(['', { files: 1, filesMissing: 1 }]);
    const lines = String(gunzipSync(readFileSync(join(directory, 'b'))));
    expect(lines).toContain(`{"file":"${kept.slice(0, 2)}/${kept}","bytes":4}`);
  });

  test('[BAK3] [BAK4] of a restore that fails are taken out again, and those of one that was killed are no obstacle', async () => {
    const blobs = new DiskBlobStore(join(directory, 'attachments'));
    const key = await addFile(blobs, Buffer.from('one'));
    const file = join(directory, 'b');
    await parley(`backup ${file}`, source());
    const target = await emptyDatabase();
    const other = join(directory, 'other');
    const there = new DiskBlobStore(join(other, 'attachments'));
    await there.put(key, Readable.from([Buffer.from('one')]));
    expect((await parley(`restore ${file}`, target.url, other)).complaint).toBe('');

    await query(database.db, 'ALTER TABLE channel_members DROP CONSTRAINT channel_members_user_id_fkey');
    await query(database.db, 'UPDATE channel_members SET user_id = gen_random_uuid()');
    await parley(`backup ${file}`, source());
    const third = await emptyDatabase();
    expect((await parley(`restore ${file}`, third.url, join(directory, 'third'))).code).toBe(1);
    const left: string[] = [];
    for await (const one of new DiskBlobStore(join(directory, 'third', 'attachments')).storedBefore(Date.now() + 1_000))
      left.push(one);
    expect(left).toEqual([]);
  });
});

describe('verify of a backup', () => {
  test('[BAK7] restores it into a database that is thrown away, and tells what it found', async () => {
    const { s3, env } = await bucketStorage();
    await addMessages(300);
    await parley('backup s3://files/b', source(), directory, env);
    const nowhere = 'postgresql://nobody@127.0.0.1:1/none';
    const whole = await parley('verify s3://files/b --quick --json', nowhere, directory, env);
    expect([whole.complaint, whole.json()]).toMatchObject(['', { whole: true, sound: null }]);

    await query(database.db, 'UPDATE channels SET last_seq = last_seq + 1');
    const file = join(directory, 'rotten');
    await parley(`backup ${file}`, source());
    const rotten = await parley(`verify ${file}`, nowhere);
    expect([rotten.code, rotten.complaint]).toEqual([1, expect.stringContaining('seq gapless')]);
    expect(rotten.out).toContain('last_seq 301; 300 messages');

    const object = s3.objects.get('b');
    object?.bytes.writeUInt8(object.bytes.readUInt8(object.bytes.length >> 1) ^ 1, object.bytes.length >> 1);
    const damaged = await parley('verify s3://files/b --quick', nowhere, directory, env);
    expect([damaged.code, damaged.complaint]).toEqual([1, expect.stringContaining('unable to use the backup')]);
  });

  test('[BAK9] places that cannot be are refused', async () => {
    for (const [place, reason] of [
      ['s3://files', 'names no object'],
      ['s3://files/b/', 'names no object'],
      ['s3:/files/b', 's3://bucket/key'],
      ['s3://files/a b', 's3://bucket/key'],
      ['s3://files/b', 'key is missing'],
    ] as const) {
      const refused = await parleyWith(['backup', place], source());
      expect([refused.code, refused.complaint]).toEqual([1, expect.stringContaining(reason)]);
    }
  });
});

/** A place that fails when it has taken some. */
const failingFile: BackupFile = {
  name: 'nowhere',
  async write(content) {
    for await (const _ of content) throw new Error('no room');
    return 0;
  },
  async *read() {},
};

test('[BAK1] a backup that cannot be written ends, and the next one can be made', async () => {
  await addMessages(30_000);
  const full = await parley('backup /dev/full/b', source());
  expect([full.code, full.complaint]).toEqual([1, expect.stringContaining('unable to write')]);
  // The place fails while rows are on their way.
  const client = await connectApart(database);
  const writing = writeBackup({ client, file: failingFile, blobs: null, serverVersion: 'test' });
  await expect(writing).rejects.toThrow('no room');
  await client.end();
  expect((await parley(`backup ${join(directory, 'b')}`, source())).code).toBe(0);
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
    const blobs = new DiskBlobStore(join(directory, 'attachments'));
    await addFile(blobs, Buffer.from('one'));
    const file = join(directory, 'b');
    await parley(`backup ${file}`, source());
    await addFile(blobs, Buffer.from('of somebody else'));
    const again = await parley(`restore ${file}`, source());
    expect([again.code, again.complaint]).toEqual([1, expect.stringContaining('the database is not empty')]);
    expect((await query(database.db, 'SELECT FROM users')).length).toBe(1);
    const target = await emptyDatabase();
    const beside = await parley(`restore ${file}`, target.url);
    expect([beside.code, beside.complaint]).toEqual([
      1,
      expect.stringContaining('files that the backup does not know'),
    ]);
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
