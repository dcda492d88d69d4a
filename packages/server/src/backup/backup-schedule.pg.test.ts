import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { DiskBlobStore } from '../attachments/disk-blob-store.ts';
import { parseRhythm } from '../lib/rhythm.ts';
import { createLogger } from '../monitoring/logger.ts';
import { connectApart, query } from '../storage/postgres.ts';
import { readEpoch } from '../storage/server-state.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import type { BackupFile, BackupShelf } from './backup-file.ts';
import { BackupSchedule } from './backup-schedule.ts';
import { checkBackup } from './check-backup.ts';
import { DiskBackupShelf } from './disk-backup.ts';
import { readLastBackup } from './records.ts';
import { readSchedule } from './schedule-state.ts';

const HOUR_MS = 3_600_000;

let database: MigratedDatabase;
let directory: string;
let clock: FakeClock;
beforeEach(async () => {
  database = await migratedDatabase();
  await addUser(database, 'ada', 'owner');
  directory = mkdtempSync(join(tmpdir(), 'parley-schedule-'));
  clock = new FakeClock();
});
afterEach(async () => {
  await database.drop();
  rmSync(directory, { recursive: true, force: true });
});

const shelfIn = () => new DiskBackupShelf(join(directory, 'backups'));
const names = () => readdirSync(join(directory, 'backups')).sort();
const audited = async () =>
  (await query<{ action: string }>(database.db, 'SELECT action FROM audit_log ORDER BY id')).map(
    ({ action }) => action,
  );

/** A node that makes backups; its outcomes are kept. */
function node({ shelf = shelfIn(), keep = 2 }: { shelf?: BackupShelf; keep?: number } = {}) {
  const outcomes: string[] = [];
  const rhythm = parseRhythm('6h');
  if (rhythm === null) throw new Error('no rhythm');
  const schedule = new BackupSchedule({
    postgres: database,
    shelf,
    blobs: new DiskBlobStore(join(directory, 'attachments')),
    rhythm,
    keep,
    serverVersion: 'test',
    clock,
    logger: createLogger('silent', 'test'),
    onOutcome: (outcome) => void outcomes.push(outcome),
  });
  onTestFinished(() => schedule.close());
  return { schedule, outcomes };
}

/** A shelf whose files are changed by this. */
function shelfWith(change: (file: BackupFile) => Partial<BackupFile>): BackupShelf {
  const shelf = shelfIn();
  return {
    name: shelf.name,
    list: () => shelf.list(),
    remove: (name) => shelf.remove(name),
    tidy: (prefix) => shelf.tidy(prefix),
    file: (name) => {
      const file = shelf.file(name);
      const plain: BackupFile = {
        name: file.name,
        write: (content, bytes) => file.write(content, bytes),
        read: () => file.read(),
      };
      return { ...plain, ...change(plain) };
    },
  };
}

test('[BAK10] of several nodes one makes the backup that is due, reads it back, and remembers it', async () => {
  const nodes = [node(), node(), node()];
  await Promise.all(nodes.map(({ schedule }) => schedule.look()));
  expect(nodes.flatMap(({ outcomes }) => outcomes)).toEqual(['verified']);
  const [name = '', ...others] = names();
  expect(others).toEqual([]);
  expect(name).toBe(`parley-2025-06-15T15-06-40Z-${(await readEpoch(database.db)).slice(0, 8)}.gz`);
  const { manifest } = await checkBackup(shelfIn().file(name));
  expect(manifest.tables).toMatchObject({ users: 1 });
  expect(await readLastBackup(database.db)).toMatchObject({ place: join(directory, 'backups', name) });
  expect(await audited()).toEqual(['backup.made']);

  await Promise.all(nodes.map(({ schedule }) => schedule.look()));
  await clock.advance(5 * HOUR_MS);
  await Promise.all(nodes.map(({ schedule }) => schedule.look()));
  expect(names()).toEqual([name]);
  await clock.advance(HOUR_MS);
  await Promise.all(nodes.map(({ schedule }) => schedule.look()));
  expect(names().length).toBe(2);
});

test('[BAK10] older ones go when the new one was read back whole, and no sooner', async () => {
  const shelf = shelfIn();
  const { schedule, outcomes } = node();
  for (let times = 0; times < 2; times++) {
    await schedule.look();
    await clock.advance(6 * HOUR_MS);
  }
  const before = names();
  writeFileSync(join(directory, 'backups', 'parley-2020-01-01T00-00-00Z-ffffffff.gz'), 'of another history');
  writeFileSync(join(directory, 'backups', 'notes.txt'), 'of somebody else');
  writeFileSync(join(directory, 'backups', `${before[0]}.part`), 'of one that was killed');

  // What is read is not what was written.
  const rotten = shelfWith((file) => ({
    async *read() {
      for await (const chunk of file.read())
        yield Buffer.from(chunk).fill(0, chunk.length >> 1, (chunk.length >> 1) + 1);
    },
  }));
  const bad = node({ shelf: rotten });
  await bad.schedule.look();
  expect(bad.outcomes).toEqual(['failed']);
  expect(await readSchedule(database.db)).toMatchObject({
    triedAt: clock.now(),
    error: expect.stringContaining('unable to use the backup'),
  });
  // The bad one takes nobody's place.
  expect((await shelf.list()).filter((name) => !name.includes('ffffffff') && name !== 'notes.txt').sort()).toEqual(
    before,
  );

  // Not at once, whoever looks; then with success.
  await schedule.look();
  expect(outcomes.length).toBe(2);
  await clock.advance(HOUR_MS / 4);
  await schedule.look();
  expect(outcomes).toEqual(['verified', 'verified', 'verified']);
  expect(await readSchedule(database.db)).toEqual({ madeAt: clock.now(), triedAt: null, error: null });
  const newest = expect.stringMatching(/^parley-2025/);
  expect(names()).toEqual(['notes.txt', 'parley-2020-01-01T00-00-00Z-ffffffff.gz', before[1], newest]);
  expect((await audited()).filter((action) => action === 'backup.removed').length).toBe(1);
});

test('[BAK10] a node that is gone leaves its turn to the others, and a backup by hand goes first', async () => {
  const { schedule, outcomes } = node();
  const gone = await connectApart(database);
  await gone.query("SELECT pg_advisory_lock(hashtextextended('parley scheduled backup', 0))");
  await schedule.look();
  expect(outcomes).toEqual([]);
  await gone.end();
  const byHand = await connectApart(database);
  await byHand.query('BEGIN');
  await byHand.query("SELECT pg_advisory_xact_lock(hashtextextended('parley backup', 0))");
  await schedule.look();
  expect([outcomes, await readSchedule(database.db)]).toEqual([[], { madeAt: null, triedAt: null, error: null }]);
  await byHand.end();
  await schedule.look();
  expect(outcomes).toEqual(['verified']);
});

test('[BAK10] a node that stops gives its backup up, and the next one begins anew', async () => {
  let stop: Promise<void> | undefined;
  const slow = shelfWith((file) => ({
    write: (content, bytes) => {
      stop ??= stopping.schedule.close();
      return file.write(content, bytes);
    },
  }));
  const stopping = node({ shelf: slow });
  await stopping.schedule.look();
  await stop;
  expect([stopping.outcomes, names()]).toEqual([[], []]);
  const next = node();
  await next.schedule.look();
  expect([next.outcomes, names().length]).toEqual([['verified'], 1]);
});

test('[BAK10] it looks by itself, from soon after the start until it is closed', async () => {
  const { schedule } = node();
  schedule.start();
  await clock.advance(5_000);
  // What it does meanwhile is real: it is waited for by looking, too.
  await schedule.look();
  expect(names().length).toBe(1);
  await schedule.close();
  expect(clock.timers).toBe(0);
});
