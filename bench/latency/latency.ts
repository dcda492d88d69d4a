import type { Percentiles } from '../../packages/load-test/src/histogram.ts';
import {
  atLeast,
  atMost,
  type BenchOptions,
  type BenchResult,
  type Budget,
  createResult,
  median,
  type Row,
} from '../bench.ts';
import { figuresOf, messageOf, startChild } from '../children.ts';
import type { Seeded } from '../send/database.ts';
import type { LatencyFigures, LatencyRequest } from './clients.ts';

export const name = 'latency';
export const description =
  'from due to committed and to delivered, through the whole road, at fixed offered rates, beside the bare statement';

/** Half of them are talked in. */
const CHANNELS = 128;
const RATES = [100, 1_000, 4_000];
/** The rate at which the budgets hold. */
const BUDGET_RATE = 1_000;
/** A statement for each message is not how anybody would keep a higher rate. */
const MOST_STATEMENTS = 1_000;
/** A server compiles its code while it is used for the first time: that is told by how long it takes to start, not here. */
const FIRST_MS = 5_000;
const WARM_UP_MS = 1_000;
/** How long a measurement may take on top of its own time, on a busy machine. */
const SPARE_MS = 120_000;
const BODY = 'x'.repeat(110);

/** One round at one rate. */
interface Round {
  bare: Percentiles | null;
  road: LatencyFigures;
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const rounds = quick ? 1 : 3;
  const durationMs = quick ? 2_000 : 5_000;
  const server = startChild(new URL('../send/server.ts', import.meta.url), { parameters: [`${CHANNELS}`] });
  try {
    const { url, users, channels } = await messageOf<Seeded & { url: string }>(server.child);
    const people = { senders: url, listeners: url, tokens: users, channels };
    const bareOf = (perSecond: number): Promise<Percentiles> => {
      server.child.send({ kind: 'open', perSecond, warmUpMs: WARM_UP_MS, durationMs, body: BODY });
      return messageOf<Percentiles>(server.child);
    };
    const roadOf = (perSecond: number, warmUpMs = WARM_UP_MS): Promise<LatencyFigures> =>
      measureLatency({ ...people, perSecond, warmUpMs, durationMs });
    await roadOf(BUDGET_RATE, FIRST_MS);
    const found = new Map<number, Round[]>(RATES.map((rate) => [rate, []]));
    for (let round = 1; round <= rounds; round++) {
      for (const [rate, all] of found) {
        log(`latency: round ${round} of ${rounds}, ${rate} messages/s`);
        all.push({ bare: rate > MOST_STATEMENTS ? null : await bareOf(rate), road: await roadOf(rate) });
      }
    }
    return resultOf(found);
  } finally {
    await server.stop();
  }
}

/** Lets the clients send at a rate, and tells what they saw. They may take `spareMs` on top of their time, to open and to drain. */
export function measureLatency(request: LatencyRequest, spareMs = SPARE_MS): Promise<LatencyFigures> {
  const withinMs = request.warmUpMs + request.durationMs + spareMs;
  return figuresOf<LatencyFigures>(new URL('clients.ts', import.meta.url), request, withinMs);
}

/** The round with the middle of the medians. */
export function middleOf<One>(rounds: readonly One[], p50Of: (round: One) => number): One {
  const middle = [...rounds].sort((a, b) => p50Of(a) - p50Of(b))[rounds.length >> 1];
  if (middle === undefined) throw new Error('there was no round');
  return middle;
}

function resultOf(found: Map<number, Round[]>): BenchResult {
  const rows: Row[] = [];
  const ratios: Record<string, number> = {};
  const budgets: Budget[] = [];
  for (const [rate, rounds] of found) {
    const { bare, road } = middleOf(rounds, (round) => round.road.delivered.p50);
    if (bare !== null) {
      rows.push(rowOf(rate, 'committed by the bare statement', bare));
      ratios[`${rate}/s: delivered / bare statement, p50`] = median(
        rounds.map((round) => round.road.delivered.p50 / (round.bare?.p50 ?? Number.NaN)),
      );
    }
    const client = { client_core: road.clientCore, client_late_p99_ms: road.lateP99Ms };
    rows.push(
      rowOf(rate, 'committed and acknowledged', road.acked, client),
      rowOf(rate, 'delivered', road.delivered, client),
    );
    if (rate !== BUDGET_RATE) continue;
    budgets.push(
      atMost(`due to delivered at ${rate} msg/s on one node, p50 ms`, road.delivered.p50, 2),
      atMost(`due to delivered at ${rate} msg/s on one node, p99 ms`, road.delivered.p99, 10),
      atLeast(
        `share of ${rate} msg/s that was delivered`,
        Math.min(...rounds.map((one) => one.road.delivered.count / one.road.sent)),
        1,
      ),
    );
  }
  return createResult(name, { rows, ratios, budgets });
}

function rowOf(rate: number, what: string, times: Percentiles, client: Row = {}): Row {
  return {
    'msg/s': rate,
    'due to': what,
    p50_ms: times.p50,
    p90_ms: times.p90,
    p99_ms: times.p99,
    'p99.9_ms': times.p999,
    max_ms: times.max,
    count: times.count,
    client_core: null,
    client_late_p99_ms: null,
    ...client,
  };
}
