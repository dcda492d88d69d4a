import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../lib/clock.ts';
import { BatchHistogram } from './batch-histogram.ts';
import { type Figures, LATENCY_BOUNDS_MS, latencyIndex } from './figures.ts';
import { RollingWindow } from './rolling-window.ts';
import { Tally } from './tally.ts';

/** From a commit on this machine to one that waits for a slow disk or a database that is away: the bounds of the history. */
const ROAD_SECONDS = LATENCY_BOUNDS_MS.map((ms) => ms / 1_000);
const LAG_SECONDS = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const LOOP_DELAY_SECONDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const BATCH_SIZES = [1, 2, 5, 10, 20, 50, 100, 200];
const REQUEST_SECONDS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/**
 * How a session was brought up to date: it had nothing to go on from, nothing had changed, from the cache alone, from the database,
 * with channels that had to begin anew, or all anew because the history is another one.
 */
export type ResumeKind = 'fresh' | 'current' | 'cache' | 'database' | 'reset' | 'epoch';

/** Figures that are read when somebody asks, from whoever has them. */
export interface Readings {
  connections(): number;
  /** Upgrades that wait for their turn. */
  connectsWaiting(): number;
  queue(): { readonly depth: number; readonly oldestAgeMs: number };
  outboxes(): {
    readonly blocked: number;
    readonly bytes: number;
    readonly writes: number;
    readonly droppedEphemeral: number;
    readonly slow: number;
  };
  /** Bytes that wait before sockets that do not take their data. */
  outboxBytesWaiting(): number;
  /** How far this node is behind the tops that it knows of. */
  behind(): { readonly rooms: number; readonly revs: number };
  hub(): { readonly rooms: number; readonly users: number };
  cache(): { readonly channels: number; readonly bytes: number };
  pools(): readonly {
    readonly name: string;
    readonly total: number;
    readonly idle: number;
    readonly waiting: number;
  }[];
  receiptsWaiting(): number;
  /** Changes of messages that a search does not know yet; asks the database. */
  searchLag(): Promise<number>;
  /** Age of the last verified backup; asks the database. Infinity: none yet, though they are made by themselves; NaN: none is. */
  backupAgeMs(): Promise<number>;
}

/**
 * Every metric of a node, declared in this one place with unit, help and labels. No label holds an id, a name or a text:
 * operations, codes, routes and reasons are lists that the code knows.
 */
export class Metrics {
  readonly registry = new Registry();
  /** Counts for whoever keeps them. */
  readonly tally = new Tally();
  /** Channels repaired since the start. */
  repairs = 0;
  readonly #window: RollingWindow;
  readonly #commands = this.#counter(
    'parley_commands_total',
    'Commands answered, by operation and code (`ok` or an error code).',
    ['operation', 'code'],
  );
  readonly #committed = this.#counter('parley_messages_committed_total', 'Messages that became facts on this node.');
  readonly #commitSeconds = this.#batchHistogram(
    'parley_message_commit_seconds',
    'From accepted into the queue to committed, of each message.',
    ROAD_SECONDS,
  );
  readonly #writeSeconds = this.#batchHistogram(
    'parley_message_write_seconds',
    'From committed to written to those sockets of this node that take it, of each message that somebody here hears.',
    ROAD_SECONDS,
  );
  readonly #roadSeconds = this.#batchHistogram(
    'parley_message_road_seconds',
    'The whole road of the same messages: from accepted to written.',
    ROAD_SECONDS,
  );
  readonly #busLag = this.#batchHistogram(
    'parley_bus_lag_seconds',
    'From published on another node to heard here, by the clocks of both; how far they differ is in it.',
    LAG_SECONDS,
  );
  readonly #loopDelay = this.#batchHistogram(
    'parley_event_loop_delay_seconds',
    'How late the event loop was at most, of each second.',
    LOOP_DELAY_SECONDS,
  );
  readonly #batchSize = this.#histogram(
    'parley_writer_batch_messages',
    'Messages per transaction, by the way it took.',
    BATCH_SIZES,
    ['path'],
  );
  readonly #parked = this.#counter(
    'parley_messages_parked_total',
    'Messages that the database will always refuse; see the runbook.',
  );
  readonly #refused = this.#counter('parley_ws_refused_total', 'Upgrades that were not granted, by code.', ['code']);
  readonly #opened = this.#counter('parley_ws_opens_total', 'Sockets that got a user.');
  readonly #repairs = this.#counter(
    'parley_room_repairs_total',
    'Channels whose missing events were read from the database.',
    ['outcome'],
  );
  readonly #resumes = this.#counter(
    'parley_resumes_total',
    'Sessions brought up to date: `fresh` without a past, `current` without changes, from the `cache` or the `database`, with a `reset` of channels, or of all (`epoch`).',
    ['kind'],
  );
  readonly #cacheReads = this.#counter(
    'parley_cache_reads_total',
    'Reads of recent messages, by where the answer came from; `none`: not from the cache.',
    ['source'],
  );
  readonly #hooked = this.#counter('parley_webhook_attempts_total', 'Tries to tell a webhook, by how they ended.', [
    'outcome',
  ]);
  readonly #backups = this.#counter(
    'parley_backups_total',
    'Scheduled backups of this node, by whether they were read back whole.',
    ['outcome'],
  );
  readonly #requestSeconds = this.#histogram(
    'parley_http_request_duration_seconds',
    'Requests by declared route.',
    REQUEST_SECONDS,
    ['route', 'method', 'status'],
  );

  constructor(version: string, clock: Clock) {
    this.#window = new RollingWindow(clock);
    // An alert sees the first one that fails only beside a nought before it.
    for (const outcome of ['verified', 'failed']) this.#backups.inc({ outcome }, 0);
    collectDefaultMetrics({ register: this.registry });
    this.#gauge('parley_build_info', 'Always 1; the version is in the label.', ['version']).set({ version }, 1);
  }

  command(operation: string, code: string): void {
    this.#commands.inc({ operation, code });
    this.#window.answered(code !== 'ok');
    this.tally.answered(operation, code);
  }

  committed(entries: readonly { readonly acceptedAt: number }[], nowMs: number): void {
    this.#committed.inc(entries.length);
    const indexes = countRoad(this.#commitSeconds, entries, nowMs);
    this.#window.committed(indexes);
    this.tally.committed(indexes);
  }

  /** What was committed together at `committedAt` was written so long after. */
  written(entries: readonly { readonly acceptedAt: number }[], committedAt: number, tookMs: number): void {
    this.#writeSeconds.count(tookMs / 1_000, entries.length);
    countRoad(this.#roadSeconds, entries, committedAt + tookMs);
  }

  lagged(lagMs: number): void {
    this.#busLag.count(lagMs / 1_000);
  }

  /** The most that the event loop was late in a second. */
  loopDelayed(delayMs: number): void {
    this.#loopDelay.count(delayMs / 1_000);
  }

  resumed(kind: ResumeKind): void {
    this.#resumes.inc({ kind });
  }

  batch(size: number, path: 'optimistic' | 'exact'): void {
    this.#batchSize.observe({ path }, size);
  }

  parked(): void {
    this.#parked.inc();
  }

  refused(code: string): void {
    this.#refused.inc({ code });
  }

  opened(): void {
    this.#opened.inc();
  }

  repaired(outcome: 'repaired' | 'failed'): void {
    this.#repairs.inc({ outcome });
    if (outcome === 'repaired') this.repairs += 1;
  }

  cacheRead(source: 'memory' | 'redis' | 'database' | 'none'): void {
    this.#cacheReads.inc({ source });
  }

  hooked(outcome: 'delivered' | 'failed'): void {
    this.#hooked.inc({ outcome });
  }

  backedUp(outcome: 'verified' | 'failed'): void {
    this.#backups.inc({ outcome });
  }

  served(route: string, method: string, status: number, durationMs: number): void {
    this.#requestSeconds.observe({ route, method, status: `${Math.floor(status / 100)}xx` }, durationMs / 1_000);
  }

  /** Adds the figures that are read on demand. */
  watch(readings: Readings): void {
    // First: figures below ask the database, and whoever then looks at the pool sees their questions wait.
    this.#watchPools(readings);
    this.#read('parley_ws_connections', 'Open sockets.', () => readings.connections());
    this.#read('parley_ws_connects_waiting', 'Upgrades that wait in line.', () => readings.connectsWaiting());
    this.#read('parley_queue_depth', 'Sends that wait or are being written.', () => readings.queue().depth);
    this.#read(
      'parley_queue_oldest_age_seconds',
      'How long the oldest of them has waited.',
      () => readings.queue().oldestAgeMs / 1_000,
    );
    this.#read(
      'parley_outboxes_blocked',
      'Sockets that do not take their data just now.',
      () => readings.outboxes().blocked,
    );
    this.#read('parley_outbox_waiting_bytes', 'Bytes that wait before them.', () => readings.outboxBytesWaiting());
    this.#total('parley_outbox_bytes_total', 'Bytes written to sockets.', () => readings.outboxes().bytes);
    this.#total('parley_outbox_writes_total', 'Writes to sockets.', () => readings.outboxes().writes);
    this.#total(
      'parley_outbox_dropped_total',
      'Typing, presence and receipts that a slow socket did not get.',
      () => readings.outboxes().droppedEphemeral,
    );
    this.#total(
      'parley_sockets_cut_slow_total',
      'Sockets cut because they did not take their data.',
      () => readings.outboxes().slow,
    );
    this.#read('parley_rooms', 'Channels that somebody on this node hears.', () => readings.hub().rooms);
    this.#read(
      'parley_rooms_behind',
      'Those of which events are known that have not come.',
      () => readings.behind().rooms,
    );
    this.#read('parley_revs_behind', 'How many such events there are.', () => readings.behind().revs);
    this.#read(
      'parley_cache_channels',
      'Channels whose recent messages are in memory.',
      () => readings.cache().channels,
    );
    this.#read('parley_cache_bytes', 'What they take, roughly.', () => readings.cache().bytes);
    this.#read('parley_users_here', 'Users with a socket on this node.', () => readings.hub().users);
    this.#read('parley_receipts_waiting', 'Cursors that wait to be stored.', () => readings.receiptsWaiting());
    // While the database is away these are not known, and the other figures are wanted all the more.
    this.#ask('parley_search_lag_changes', 'Changes of messages that cannot be found yet.', () => readings.searchLag());
    this.#ask(
      'parley_backup_last_verified_age_seconds',
      'Age of the newest backup that was read back whole, wherever it was made; +Inf when none was yet.',
      async () => (await readings.backupAgeMs()) / 1_000,
    );
  }

  #watchPools(readings: Readings): void {
    const pool = this.#gauge(
      'parley_db_connections',
      'Database connections by pool and state.',
      ['pool', 'state'],
      () => {
        for (const { name, total, idle, waiting } of readings.pools()) {
          pool.set({ pool: name, state: 'open' }, total);
          pool.set({ pool: name, state: 'idle' }, idle);
          pool.set({ pool: name, state: 'awaited' }, waiting);
        }
      },
    );
  }

  /** What this node did in the last minute, and who is on it. */
  minute(here: { readonly connections: number; readonly users: number }): Figures {
    return { ...this.#window.figures(), ...here };
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[] = []): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  #histogram<Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly Label[] = [],
  ): Histogram<Label> {
    return new Histogram({ name, help, buckets, labelNames: [...labelNames], registers: [this.registry] });
  }

  #batchHistogram(name: string, help: string, bounds: readonly number[]): BatchHistogram {
    return new BatchHistogram({ name, help, bounds, registry: this.registry });
  }

  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    collect?: () => void | Promise<void>,
  ): Gauge<Label> {
    return new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [this.registry],
      ...(collect === undefined ? {} : { collect }),
    });
  }

  #read(name: string, help: string, value: () => number): void {
    const gauge: Gauge = this.#gauge(name, help, [], () => gauge.set(value()));
  }

  /** A count that somebody else keeps. */
  #total(name: string, help: string, value: () => number): void {
    const counter: Counter = new Counter({
      name,
      help,
      registers: [this.registry],
      collect() {
        counter.reset();
        counter.inc(value());
      },
    });
  }

  /** A figure that somebody else must be asked for; NaN while he does not answer. */
  #ask(name: string, help: string, value: () => Promise<number>): void {
    const gauge: Gauge = this.#gauge(name, help, [], async () => {
      gauge.set(await value().catch(() => Number.NaN));
    });
  }
}

/** Counts how long each message has taken until `nowMs`; their places among the latencies. */
function countRoad(
  histogram: BatchHistogram,
  entries: readonly { readonly acceptedAt: number }[],
  nowMs: number,
): number[] {
  return entries.map(({ acceptedAt }) => {
    const tookMs = Math.max(0, nowMs - acceptedAt);
    const index = latencyIndex(tookMs);
    histogram.countAt(index, tookMs / 1_000);
    return index;
  });
}
