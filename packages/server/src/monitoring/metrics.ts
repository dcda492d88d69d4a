import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Clock } from '../lib/clock.ts';
import { BatchHistogram } from './batch-histogram.ts';
import { type Figures, LATENCY_BOUNDS_MS, latencyIndex } from './figures.ts';
import { type Readings, watchReadings } from './readings.ts';
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

/**
 * What a node counts as it happens; what it reads when somebody asks is in `readings.ts`. Every metric is declared in these two
 * places, with unit, help and labels. No label holds an id, a name or a text: operations, codes, routes and reasons are lists
 * that the code knows.
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
    const build = {
      name: 'parley_build_info',
      help: 'Always 1; the version is in the label.',
      labelNames: ['version'],
    };
    new Gauge({ ...build, registers: [this.registry] }).set({ version }, 1);
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
    watchReadings(this.registry, readings);
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
