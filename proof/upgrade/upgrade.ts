import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Account, formatVerdict, type LoggedClient, Random, runTrial } from '@parley/load-test';
import type { ChannelId } from '@parley/protocol';
import { makeParty } from '../../packages/server/src/cli/faults/party.ts';
import { readTruth } from '../../packages/server/src/cli/faults/read-truth.ts';
import { type Database, openPostgres, query } from '../../packages/server/src/storage/postgres.ts';
import { RealPostgres } from '../../packages/server/src/testing/real-postgres.ts';
import { readReleasedSchema } from '../../packages/server/src/testing/released/released-schema.ts';
import {
  runServerCommand,
  type ServerProcess,
  serverProcess,
} from '../../packages/server/src/testing/server-process.ts';
import { TestRedis } from '../../packages/server/src/testing/test-redis.ts';
import { PatientWebSocket } from '../patient-websocket.ts';
import { SendCounts, Traffic } from './traffic.ts';

/** Processes are killed here, not machines: what the kernel has is kept. */
const UNSYNCED = { fsync: 'off', full_page_writes: 'off' };
/** Parties of two rooms each, so that batches have several channels to lock. */
const PARTIES = 3;

export interface UpgradeOptions {
  readonly perSecond: number;
  /** How long messages flow after each step, and before the first. */
  readonly stepMs: number;
  readonly devices: number;
  /** Messages that are stored before it begins: indexes are built over them. */
  readonly stored: number;
  onStep?(step: StepReport): void;
}

export interface StepReport {
  readonly name: string;
  readonly tookMs: number;
  readonly messages: number;
  /** What the writers of these messages waited for their acknowledgements. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
}

export interface UpgradeReport {
  readonly sent: number;
  readonly refused: readonly string[];
  /** Answers to tries that the SDK made again, by code. */
  readonly repeated: Readonly<Record<string, number>>;
  /** Messages that were due and not written, because the machine could not keep up with the rate. */
  readonly leftOut: number;
  readonly snapshots: number;
  readonly steps: readonly StepReport[];
  /** What the history checker and the trial object to; empty where nothing was lost, doubled or out of order. */
  readonly troubles: readonly string[];
}

/**
 * Takes an installation from the schema of the last release to the newest and back, twice, while people write: a node of the
 * release, a newer one beside it, each in a process of its own, and clients that go where they are sent.
 */
export async function proveUpgrade(options: UpgradeOptions): Promise<UpgradeReport> {
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-upgrade-'));
  const [postgres, redis] = await Promise.all([RealPostgres.start(UNSYNCED), TestRedis.start()]);
  const nodes: ServerProcess[] = [];
  try {
    await postgres.ask(readReleasedSchema());
    const env = {
      REDIS_URL: redis.url,
      PARLEY_DRAIN_NOTICE_MS: '300',
      PARLEY_CONNECT_RATE: 'off',
      PARLEY_DATA_DIR: dataDir,
      PARLEY_LOG_LEVEL: 'warn',
    };
    const older = await serverProcess(postgres.url, env, 'released');
    const newer = await serverProcess(postgres.url, env);
    nodes.push(older, newer);
    return await new Upgrade(options, { postgres, older, newer, env, dataDir }).run();
  } finally {
    await Promise.all(nodes.map((node) => node.kill()));
    await redis.stop();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

interface Installed {
  readonly postgres: RealPostgres;
  readonly older: ServerProcess;
  readonly newer: ServerProcess;
  readonly env: Record<string, string>;
  readonly dataDir: string;
}

class Upgrade {
  readonly #options: UpgradeOptions;
  readonly #installed: Installed;
  readonly #random = new Random(1n);
  readonly #steps: StepReport[] = [];
  /** Where a balancer sends new sockets. */
  #open: ServerProcess[] = [];
  #counts = new SendCounts([]);

  constructor(options: UpgradeOptions, installed: Installed) {
    this.#options = options;
    this.#installed = installed;
  }

  async run(): Promise<UpgradeReport> {
    const { postgres, older } = this.#installed;
    const database = openPostgres({
      connection: postgres.config,
      maxConnections: 3,
      statementTimeoutMs: 60_000,
      onError: () => {},
    });
    try {
      await older.start();
      this.#open = [older];
      return await this.#runOn(database.db);
    } finally {
      await database.close();
    }
  }

  async #runOn(db: Database): Promise<UpgradeReport> {
    const { devices } = this.#options;
    const { older } = this.#installed;
    const party = await makeParty(db, devices, 'people', 'bot', (owner, room) => openRoom(older.url, owner, room));
    const channels = Object.values(party.rooms).concat(await moreChannels(db, party.rooms.hall, PARTIES));
    // Nobody is ever thrown out of these, so whatever is refused there is refused for want of a server.
    const lanes = channels.filter((channel) => channel !== party.rooms.club);
    this.#counts = new SendCounts(lanes);
    await fill(db, party.rooms.hall, this.#options.stored);
    let leftOut = 0;
    const result = await runTrial({
      seed: 'upgrade',
      random: this.#random,
      devices,
      mayRefuse: [],
      onRecord: (record) => this.#counts.add(record),
      faults: [
        {
          kind: 'upgrade',
          run: async (mark, clients) => {
            leftOut = await this.#goThere(clients, lanes);
            mark();
          },
        },
      ],
      world: {
        ...party,
        WebSocket: PatientWebSocket,
        pickUrl: () => this.#random.pick(this.#open).url,
        readTruth: () => readTruth(db, channels),
      },
    });
    const troubles = [...result.troubles, ...(result.verdict.ok ? [] : [formatVerdict(result.verdict)])];
    return {
      sent: this.#counts.sent,
      refused: this.#counts.refused(),
      repeated: Object.fromEntries(this.#counts.repeated),
      leftOut,
      snapshots: readdirSync(join(this.#installed.dataDir, 'snapshots')).length,
      steps: this.#steps,
      troubles,
    };
  }

  /** All steps, while messages flow; gives how many could not be written. */
  async #goThere(clients: readonly LoggedClient[], lanes: readonly ChannelId[]): Promise<number> {
    const { older, newer } = this.#installed;
    const traffic = new Traffic(clients, lanes, this.#options.perSecond);
    await this.#step('the released node alone', async () => {});
    await this.#step('a newer node starts: snapshot and migrations', () => this.#comeIn(newer));
    await this.#step('the newer node leaves', () => this.#leave(newer));
    await this.#step('parley rollback', () => this.#parley('rollback'));
    await this.#step('parley migrate up', () => this.#parley('migrate', 'up'));
    await this.#step('parley migrate down', () => this.#parley('migrate', 'down', '--steps', '3'));
    await this.#step('the newer node comes again, and migrates', () => this.#comeIn(newer));
    await this.#step('the released node leaves', () => this.#leave(older));
    traffic.stop();
    return traffic.leftOut;
  }

  async #step(name: string, run: () => Promise<void>): Promise<void> {
    const from = performance.now();
    await run();
    const tookMs = performance.now() - from;
    await delay(this.#options.stepMs);
    const waits = this.#counts.waits(from, performance.now());
    const at = (share: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0;
    const step = { name, tookMs, messages: waits.length, p50Ms: at(0.5), p99Ms: at(0.99), longestMs: at(1) };
    this.#steps.push(step);
    this.#options.onStep?.(step);
  }

  async #comeIn(node: ServerProcess): Promise<void> {
    await node.start();
    this.#open = [...this.#open, node];
  }

  async #leave(node: ServerProcess): Promise<void> {
    this.#open = this.#open.filter((other) => other !== node);
    await node.stop();
  }

  async #parley(...args: string[]): Promise<void> {
    const { postgres, env } = this.#installed;
    await runServerCommand(args, { ...env, DATABASE_URL: postgres.url });
  }
}

/** As the released server makes it: this process knows only of what is to come. */
async function openRoom(url: string, owner: Account, room: object): Promise<ChannelId> {
  const headers = { authorization: `Bearer ${owner.token}`, 'content-type': 'application/json' };
  const answer = await fetch(`${url}/v1/channels`, { method: 'POST', headers, body: JSON.stringify(room) });
  const { channel } = (await answer.json()) as { channel: { id: ChannelId } };
  return channel.id;
}

/** Copies of a channel with all its members. */
async function moreChannels(db: Database, like: ChannelId, count: number): Promise<ChannelId[]> {
  const ids: ChannelId[] = [];
  for (let index = 0; index < count; index++) {
    const [row] = await query<{ id: ChannelId }>(
      db,
      `WITH made AS (
         INSERT INTO channels (id, kind, name, root_id, last_rev, access_rev, member_count)
         SELECT fresh.id, c.kind, c.name || $2, fresh.id, c.last_rev, c.access_rev, c.member_count
           FROM channels c, (SELECT gen_random_uuid() AS id) fresh WHERE c.id = $1 RETURNING id
       ), entered AS (
         INSERT INTO channel_members (channel_id, user_id, role, rev)
         SELECT made.id, m.user_id, m.role, m.rev FROM channel_members m, made WHERE m.channel_id = $1
       )
       SELECT id FROM made`,
      [like, ` ${index}`],
    );
    if (row !== undefined) ids.push(row.id);
  }
  return ids;
}

/** Messages of long ago, in a channel of nobody's. */
async function fill(db: Database, like: ChannelId, count: number): Promise<void> {
  if (count === 0) return;
  const [archive] = await query<{ id: string }>(
    db,
    `INSERT INTO channels (id, kind, name, root_id, last_seq, last_rev)
     SELECT fresh.id, 'private', 'long ago', fresh.id, $1, $1 FROM (SELECT gen_random_uuid() AS id) fresh RETURNING id`,
    [count],
  );
  await query(
    db,
    `INSERT INTO messages (channel_id, root_id, seq, rev, id, sender_id, body, created_at)
     SELECT $1::uuid, $1::uuid, n, n, gen_random_uuid(), (SELECT user_id FROM channel_members WHERE channel_id = $2 LIMIT 1),
            'said long ago, and kept', now() - interval '30 days' + n * interval '1 second'
       FROM generate_series(1, $3::int) AS n`,
    [archive?.id, like, count],
  );
}
