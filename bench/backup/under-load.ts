import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type pg from 'pg';
import { nowMs } from '../../packages/load-test/src/clock.ts';
import { writeSchedule } from '../../packages/server/src/backup/schedule-state.ts';
import { makeParty } from '../../packages/server/src/cli/faults/party.ts';
import { migrateUp } from '../../packages/server/src/storage/migrate.ts';
import { openPostgres, type Postgres, query } from '../../packages/server/src/storage/postgres.ts';
import { type ServerProcess, serverProcess } from '../../packages/server/src/testing/server-process.ts';
import { serverProgram } from '../../packages/server/src/testing/server-program.ts';
import { type Sender, SteadyLoad } from './steady-load.ts';

const SENDERS = 8;
const METRICS_TOKEN = 'a token of this proof alone';
/** After the backup the load goes on for so long: what is sent then must not matter. */
const TAIL_MS = 500;

/** A database by its address and for a pool. */
export interface ProofDatabase {
  readonly url: string;
  readonly config: pg.PoolConfig;
}

export interface ProofOptions {
  readonly source: ProofDatabase;
  /** Empty: the backup is restored there. */
  readonly target: ProofDatabase;
  /** Messages a second. */
  readonly rate: number;
  /** How long people talk before the backup begins. */
  readonly quietMs: number;
  /** Messages that are there before anybody talks. */
  readonly history: number;
  /** Who makes it: `parley backup` beside the server, or the server itself. */
  readonly by: 'command' | 'schedule';
}

/** What was found. */
export interface Proof {
  readonly sent: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly perSecond: number;
  /** Acknowledged before the moment that the backup holds. */
  readonly before: number;
  /** Messages of the load that are in the restored database. */
  readonly restored: number;
  /** Of those before: not in the restored database. */
  readonly missing: number;
  /** In it more than once. */
  readonly doubled: number;
  /** In it, and sent by nobody. */
  readonly invented: number;
  /** What `parley verify` says of the restored database. */
  readonly sound: boolean;
  readonly backupMs: number;
  readonly backupBytes: number;
  /** From due to acknowledged, before and while the backup was made. */
  readonly quiet: Latency;
  readonly during: Latency;
  /** `parley_backup_last_verified_age_seconds` of the server that served, in the end. */
  readonly ageSeconds: number;
}

export interface Latency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Made {
  readonly place: string;
  readonly snapshotAt: number;
  readonly bytes: number;
}

/**
 * Takes a backup while messages are sent at a steady rate, restores it elsewhere, and holds what is there against what had been
 * acknowledged before the moment that it holds.
 */
export async function backUpUnderLoad(options: ProofOptions): Promise<Proof> {
  const { source, rate, quietMs, by } = options;
  const directory = mkdtempSync(join(tmpdir(), 'parley-proof-'));
  const backups = join(directory, 'backups');
  const server = await serverProcess(source.url, {
    PARLEY_DATA_DIR: directory,
    PARLEY_METRICS_TOKEN: METRICS_TOKEN,
    ...(by === 'schedule' ? { PARLEY_BACKUP_TO: backups } : {}),
  });
  const database = openPostgres({
    connection: source.config,
    maxConnections: 2,
    statementTimeoutMs: 0,
    onError: () => {},
  });
  try {
    await migrateUp(database.db);
    // By schedule none is due until it is asked for below.
    await writeSchedule(database.db, { madeAt: Date.now(), triedAt: null, error: null });
    const senders = await makeSenders(database, options.history);
    await server.start();
    const load = await SteadyLoad.open(server.url, senders);
    const startMs = nowMs();
    load.start(senders, rate);
    await pause(quietMs);
    if (by === 'schedule') {
      await writeSchedule(database.db, { madeAt: null, triedAt: null, error: null });
      await lineOf(server, 'a backup is made');
    }
    const begunMs = nowMs();
    const made = by === 'command' ? await backUp(source.url, directory) : await scheduled(server, backups);
    const endedMs = nowMs();
    await pause(TAIL_MS);
    const seconds = (nowMs() - startMs) / 1_000;
    await load.stop();
    const found = await judge(options, load, made, directory);
    const took = (fromMs: number, toMs: number) => latencyOf(load, fromMs, toMs);
    return {
      ...found,
      perSecond: found.acknowledged / seconds,
      backupMs: endedMs - begunMs,
      backupBytes: made.bytes,
      quiet: took(startMs, begunMs),
      during: took(begunMs, endedMs),
      ageSeconds: await readAge(server),
    };
  } finally {
    await server.stop();
    await database.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Each with a channel of his own, so that it is the sending that costs; the first one's has a history. */
async function makeSenders({ db }: Postgres, history: number): Promise<Sender[]> {
  const senders: Sender[] = [];
  for (let at = 0; at < SENDERS; at++) {
    const { accounts, rooms } = await makeParty(db, 1, `sender-${at}`);
    const [account] = accounts;
    if (account === undefined) throw new Error('a party of one has somebody');
    senders.push({ token: account.token, channelId: rooms.hall });
    if (at === 0 && history > 0) await addHistory(db, rooms.club, account.id, history);
  }
  return senders;
}

async function addHistory(db: Postgres['db'], channelId: string, userId: string, count: number): Promise<void> {
  await query(
    db,
    `WITH c AS (UPDATE channels SET last_seq = last_seq + $3, last_rev = last_rev + $3 WHERE id = $1
                RETURNING last_seq - $3 AS seq, last_rev - $3 AS rev)
     INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body)
     SELECT $1, $1, c.seq + n, c.rev + n, gen_random_uuid(), $2, 'history ' || n || ' ' || md5(n::text) || md5((n * 7)::text)
       FROM c, generate_series(1, $3::int) n`,
    [channelId, userId, count],
  );
}

async function backUp(url: string, directory: string): Promise<Made> {
  const said = await parley(['backup', join(directory, 'b.gz'), '--json'], url, directory);
  const made = JSON.parse(said) as { place: string; snapshotAt: string; bytes: number };
  return { ...made, snapshotAt: Date.parse(made.snapshotAt) };
}

/** Waits for the end of what the server does by itself. */
async function scheduled(server: ServerProcess, backups: string): Promise<Made> {
  const made = JSON.parse(await lineOf(server, 'read back whole')) as { snapshotAt: string; bytes: number };
  const [name = ''] = readdirSync(backups);
  return { place: join(backups, name), snapshotAt: Date.parse(made.snapshotAt), bytes: made.bytes };
}

/** The first line of the server's log that says so. A server looks once a minute whether a backup is due. */
async function lineOf(server: ServerProcess, words: string): Promise<string> {
  for (;;) {
    const line = server
      .log()
      .split('\n')
      .find((one) => one.includes(words) && one.endsWith('}'));
    if (line !== undefined) return line;
    if (server.pid() === undefined) throw new Error('the server ended by itself');
    await pause(10);
  }
}

/** Restores the backup, and compares what is there with what was acknowledged. */
async function judge({ target }: ProofOptions, load: SteadyLoad, made: Made, directory: string) {
  const other = join(directory, 'other');
  await parley(['restore', made.place, '--json'], target.url, other);
  const { ok: sound } = JSON.parse(await parley(['verify', '--json'], target.url, other)) as { ok: boolean };
  const restored = openPostgres({
    connection: target.config,
    maxConnections: 1,
    statementTimeoutMs: 0,
    onError: () => {},
  });
  try {
    const rows = await query<{ id: string; times: number }>(
      restored.db,
      `SELECT id::text, count(*) AS times FROM messages WHERE body NOT LIKE 'history %' GROUP BY id`,
    );
    const there = new Set(rows.map(({ id }) => id));
    const all = [...load.messages];
    const before = all.filter(([, { acknowledgedAt }]) => acknowledgedAt !== null && acknowledgedAt < made.snapshotAt);
    return {
      sent: all.length,
      acknowledged: all.filter(([, { acknowledgedAt }]) => acknowledgedAt !== null).length,
      refused: load.refused,
      before: before.length,
      restored: rows.length,
      missing: before.filter(([id]) => !there.has(id)).length,
      doubled: rows.filter(({ times }) => times > 1).length,
      invented: rows.filter(({ id }) => !load.messages.has(id)).length,
      sound,
    };
  } finally {
    await restored.close();
  }
}

function latencyOf(load: SteadyLoad, fromMs: number, toMs: number): Latency {
  const times = [...load.messages.values()].filter(({ dueMs }) => dueMs >= fromMs && dueMs < toMs);
  const sorted = times.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}

/** Runs the command line in a process of its own; returns what it said. */
async function parley(args: readonly string[], databaseUrl: string, dataDir: string): Promise<string> {
  const child = spawn(process.execPath, [await serverProgram(), ...args], {
    env: { PATH: process.env.PATH, DATABASE_URL: databaseUrl, PARLEY_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => void child.once('close', resolve));
  const [said, complaint, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`unable to run parley ${args[0]}; ${complaint}`);
  return said;
}

async function readAge(server: ServerProcess): Promise<number> {
  const response = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${METRICS_TOKEN}` } });
  return Number(/^parley_backup_last_verified_age_seconds (\S+)$/m.exec(await response.text())?.[1]);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
