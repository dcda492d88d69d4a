import {
  type ChatMetrics,
  type ErrorPattern,
  HISTORY_STEPS,
  type HistoryStep,
  type MetricsPoint,
  type NodeMetrics,
  type QueueNode,
  type UsageHour,
} from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { groupedBy } from '../lib/grouped-by.ts';
import { afterEachOther, chatMetricsOf, type Figures, NO_FIGURES, sideBySide } from '../monitoring/figures.ts';
import type { Database } from '../storage/postgres.ts';
import { type HistoryRow, readHistory } from './history-store.ts';
import { KEPT_MS } from './metrics-history.ts';
import type { Usage } from './usage.ts';

const DAY_MS = 86_400_000;
const FINEST_S = HISTORY_STEPS['10s'];
const MINUTE_MS = 60_000;
/** A node that has told nothing for longer is not there any more. */
const SILENT_MS = 25_000;
const MAX_POINTS = 3_000;
/** Patterns told at once; the code knows not many more pairs of operation and code. */
const MAX_PATTERNS = 200;

export interface TrendsPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly usage: Usage;
  readonly node: string;
  readonly version: string;
  /** This node's last minute; the others are read from what they wrote. */
  minute(): Figures;
}

export interface Span {
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** What the server does and did: for operators, whoever asks them is decided before. */
export class Trends {
  readonly #ports: TrendsPorts;

  constructor(ports: TrendsPorts) {
    this.#ports = ports;
  }

  /** The last minute: this node by itself, the others by the rows they wrote. */
  async live(): Promise<{ at: number; total: ChatMetrics; nodes: NodeMetrics[] }> {
    const { db, clock, node, version } = this.#ports;
    const now = clock.now();
    const own = { node, version, at: now, figures: this.#ports.minute() };
    const rows = await readHistory(db, {
      step: FINEST_S,
      sinceMs: now - MINUTE_MS - SILENT_MS,
      untilMs: now + MINUTE_MS,
    });
    const others = [...groupedBy(rows, (row) => row.node)].flatMap(([name, ofNode]) =>
      name === node ? [] : minuteOf(ofNode, now),
    );
    const nodes = [own, ...others];
    const total = nodes.map(({ figures }) => figures).reduce(sideBySide);
    return {
      at: now,
      total: chatMetricsOf(total),
      nodes: nodes.map(({ figures, ...who }) => ({ ...who, ...chatMetricsOf(figures) })),
    };
  }

  /** What waits to be stored: here now, on the others at most in the last interval that they told. */
  async queues(here: { readonly depth: number; readonly oldestAgeMs: number }): Promise<QueueNode[]> {
    const { db, clock, node } = this.#ports;
    const now = clock.now();
    const rows = await readHistory(db, { step: FINEST_S, sinceMs: now - SILENT_MS - FINEST_S * 1_000, untilMs: now });
    const latest = new Map(rows.map((row) => [row.node, row]));
    latest.delete(node);
    const others = [...latest.values()].map(({ node: name, queueDepth, queueAgeMs }) => ({
      node: name,
      depth: queueDepth,
      oldestAgeMs: queueAgeMs,
    }));
    return [{ node, depth: here.depth, oldestAgeMs: here.oldestAgeMs }, ...others];
  }

  /** Interval by interval; throws `bad_request` for more points than anybody looks at. */
  async history(asked: Span & { readonly step?: HistoryStep | undefined; readonly node?: string | undefined }) {
    const { since, until } = this.#span(asked);
    const step = asked.step ?? stepFor(until - since, this.#ports.clock.now() - since);
    const seconds = HISTORY_STEPS[step];
    if ((until - since) / (seconds * 1_000) > MAX_POINTS) {
      throw new AppError('bad_request', `unable to tell so many intervals; ask for at most ${MAX_POINTS}`, {
        issues: [{ path: 'step', message: 'a longer step, or a shorter time' }],
      });
    }
    const range = { step: seconds, sinceMs: since, untilMs: until, node: asked.node };
    const rows = await readHistory(this.#ports.db, range);
    const points = [...groupedBy(rows, (row) => row.at)].map(([at, sameTime]) =>
      pointOf(at, sameTime.reduce<Figures>(sideBySide, NO_FIGURES)),
    );
    return { step, points };
  }

  /** Hour by hour, the present one so far. */
  async usage(asked: Span): Promise<{ hours: UsageHour[] }> {
    const { since, until } = this.#span(asked);
    if ((until - since) / DAY_MS > 400) {
      throw new AppError('bad_request', 'unable to tell so many hours; ask for at most 400 days');
    }
    return { hours: await this.#ports.usage.hours(since, until) };
  }

  /** Which operations failed how, most frequent first. */
  async errors(asked: Span): Promise<{ patterns: ErrorPattern[] }> {
    const { since, until } = this.#span(asked);
    const step = HISTORY_STEPS[stepFor(until - since, this.#ports.clock.now() - since)];
    const rows = await readHistory(this.#ports.db, { step, sinceMs: since, untilMs: until });
    return { patterns: patternsOf(rows, since + (until - since) / 2) };
  }

  #span({ since, until }: Span): { since: number; until: number } {
    const now = this.#ports.clock.now();
    const span = { since: since ?? Math.max(0, (until ?? now) - DAY_MS), until: until ?? now };
    if (span.since < span.until) return span;
    throw new AppError('bad_request', 'unable to tell of no time; `since` must be before `until`');
  }
}

/** The finest step that gives not too many points, and is still kept for as long ago as is asked. */
function stepFor(spanMs: number, agoMs: number): HistoryStep {
  if (spanMs <= 3 * 3_600_000 && agoMs <= KEPT_MS['10s']) return '10s';
  return spanMs <= 2 * DAY_MS && agoMs <= KEPT_MS['1min'] ? '1min' : '1h';
}

function pointOf(at: number, figures: Figures): MetricsPoint {
  const { seconds: _seconds, latency: _latency, errors: _errors, ...counts } = figures;
  return { ...counts, ...chatMetricsOf(figures), at };
}

/** The last minute of another node, by its rows; none of one that has fallen silent. */
function minuteOf(rows: readonly HistoryRow[], now: number) {
  const last = rows.at(-1);
  const toldAt = (last?.at ?? 0) + FINEST_S * 1_000;
  if (last === undefined || toldAt < now - SILENT_MS) return [];
  const minute = rows.filter((row) => row.at > last.at - MINUTE_MS).reduce<Figures>(afterEachOther, NO_FIGURES);
  const { node, version, connections, users } = last;
  return [{ node, version, at: Math.min(now, toldAt), figures: { ...minute, connections, users } }];
}

function patternsOf(rows: readonly HistoryRow[], middle: number): ErrorPattern[] {
  const patterns = new Map<string, { count: number; later: number; firstAt: number; lastAt: number }>();
  for (const { at, errors } of rows) {
    for (const [name, count] of Object.entries(errors)) {
      const known = patterns.get(name) ?? { count: 0, later: 0, firstAt: at, lastAt: at };
      const later = known.later + (at >= middle ? count : 0);
      patterns.set(name, { count: known.count + count, later, firstAt: Math.min(known.firstAt, at), lastAt: at });
    }
  }
  return [...patterns]
    .sort(([, a], [, b]) => b.count - a.count)
    .slice(0, MAX_PATTERNS)
    .map(([name, { count, later, firstAt, lastAt }]) => {
      const [operation = '', code = ''] = name.split(' ');
      return { operation, code, count, firstAt, lastAt, trend: later / count };
    });
}
