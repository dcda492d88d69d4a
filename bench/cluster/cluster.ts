import { fileURLToPath } from 'node:url';
import { type RealCluster, startRealCluster } from '../../packages/server/src/testing/real-cluster.ts';
import { atMost, type BenchOptions, type BenchResult, createResult, type Row } from '../bench.ts';
import { answerOf, startChild } from '../child.ts';
import type { LatencyFigures, LatencyRequest } from './clients.ts';
import { type People, seedPeople } from './seed.ts';

export const name = 'cluster';
export const description =
  'from a send on one node to its delivery on another, in both queue modes, beside one node alone';

/** Channels that are talked in, each by one sender and one listener. */
const CHANNELS = 64;
const MODES = ['overflow', 'always'] as const;

/** How long a measurement may take on top of its own time: to start, to open the sockets and to drain, on a busy machine. */
const SPARE_MS = 120_000;
/** A rate of which less than this share was acknowledged in time was not kept. */
const KEPT_SHARE = 0.98;

async function measure(people: People, request: Omit<LatencyRequest, 'tokens' | 'channels'>): Promise<LatencyFigures> {
  const file = fileURLToPath(new URL('clients.ts', import.meta.url));
  const child = startChild(file, JSON.stringify({ ...people, ...request }));
  const withinMs = request.warmUpMs + request.durationMs + SPARE_MS;
  try {
    return await answerOf<LatencyFigures>(child, `measure ${request.perSecond} messages a second`, withinMs);
  } finally {
    child.kill('SIGKILL');
  }
}

function rowOf(side: string, perSecond: number, figures: LatencyFigures): Row {
  return {
    side,
    per_second: perSecond,
    acked_per_second: figures.ackedPerSecond,
    kept: figures.ackedPerSecond >= perSecond * KEPT_SHARE,
    delivered_p50_ms: figures.deliveredP50Ms,
    delivered_p99_ms: figures.deliveredP99Ms,
    ack_p50_ms: figures.ackP50Ms,
    ack_p99_ms: figures.ackP99Ms,
    missing: figures.sent - figures.delivered,
    errors: figures.errors,
    client_core: figures.clientCore,
  };
}

/** One cluster per queue mode: each side and rate in turn. */
async function runMode(
  cluster: RealCluster,
  mode: string,
  { quick, log }: BenchOptions,
  onFigures: (side: string, perSecond: number, figures: LatencyFigures) => void,
): Promise<void> {
  const people = await seedPeople(cluster.postgres, CHANNELS, 2);
  const [one, two] = cluster.nodes.map(({ url }) => url);
  if (one === undefined || two === undefined) throw new Error('the bench needs two nodes');
  const timing = { warmUpMs: quick ? 1_000 : 3_000, durationMs: quick ? 3_000 : 10_000 };
  for (const perSecond of [1_000, 5_000]) {
    for (const [side, listeners] of [
      ['same node', one],
      ['other node', two],
    ] as const) {
      log(`cluster: ${mode}, ${side}, ${perSecond} messages a second`);
      const figures = await measure(people, { senders: one, listeners, perSecond, ...timing });
      if (figures.ackedPerSecond < perSecond * KEPT_SHARE)
        log(`cluster: not kept, ${figures.ackedPerSecond.toFixed(0)} a second were acknowledged`);
      onFigures(side, perSecond, figures);
    }
  }
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  const rows: Row[] = [];
  const budgets: BenchResult['budgets'] = [];
  const ratios: Record<string, number> = {};
  for (const mode of MODES) {
    const env = { PARLEY_QUEUE_MODE: mode };
    // Synced to the disk: an acknowledgement is worth what it says.
    const cluster = await startRealCluster({ size: 2, env, settings: {} });
    try {
      const here = new Map<number, number>();
      await runMode(cluster, mode, options, (side, perSecond, figures) => {
        rows.push(rowOf(`${mode}, ${side}`, perSecond, figures));
        if (side === 'same node') return void here.set(perSecond, figures.deliveredP50Ms);
        ratios[`${mode}, ${perSecond}/s: other node / same node, p50`] =
          figures.deliveredP50Ms / (here.get(perSecond) ?? Number.NaN);
        if (mode !== 'overflow' || perSecond !== 1_000) return;
        budgets.push(atMost('delivered on another node, p50 ms', figures.deliveredP50Ms, 2));
        budgets.push(atMost('delivered on another node, p99 ms', figures.deliveredP99Ms, 10));
      });
    } finally {
      await cluster.stop();
    }
  }
  return createResult(name, { rows, ratios, budgets });
}
