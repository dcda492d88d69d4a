import { cpus } from 'node:os';
import { type RealCluster, startRealCluster } from '../../packages/server/src/testing/real-cluster.ts';
import { atMost, type BenchOptions, type BenchResult, createResult, median, type Row } from '../bench.ts';
import type { LatencyFigures } from '../latency/clients.ts';
import { measureLatency, middleOf } from '../latency/latency.ts';
import { coreBusySeconds, coreWaits } from '../processes.ts';
import { socketOf } from '../socket-url.ts';
import { seedPeople } from './seed.ts';

export const name = 'cluster';
export const description =
  'from a send on one node to its delivery on another, in both queue modes, beside one node alone';

/** Half of them are talked in, each by one sender and one listener. */
const CHANNELS = 128;
const MODES = ['overflow', 'always'] as const;
const RATES = [1_000, 5_000];
const SAME = 'same node';
const OTHER = 'other node';
/** Nodes compile their code while they are used for the first time. */
const FIRST_MS = 5_000;
const WARM_UP_MS = 1_000;
/** A rate of which less than this share was acknowledged in time was not kept. */
const KEPT_SHARE = 0.98;

/** One round: where the listeners were, how much was sent, and what came of it. */
interface Round {
  side: string;
  perSecond: number;
  figures: LatencyFigures;
  load: Load;
}

/** What the machine had to do meanwhile. */
interface Load {
  /** Cores that were busy, for whomever. */
  coresBusy: number;
  /** How long a node that had something to do waited for a core, each time; the middle of the nodes. */
  coreWaitMs: number;
}

function rowOf(mode: string, { side, perSecond, figures, load }: Round): Row {
  return {
    side: `${mode}, ${side}`,
    per_second: perSecond,
    acked_per_second: figures.ackedPerSecond,
    kept: figures.ackedPerSecond >= perSecond * KEPT_SHARE,
    delivered_p50_ms: figures.delivered.p50,
    delivered_p99_ms: figures.delivered.p99,
    ack_p50_ms: figures.acked.p50,
    ack_p99_ms: figures.acked.p99,
    missing: figures.sent - figures.delivered.count,
    errors: figures.errors,
    client_core: figures.clientCore,
    client_late_p99_ms: figures.lateP99Ms,
    cores_busy: load.coresBusy,
    wait_for_core_ms: load.coreWaitMs,
  };
}

/** Tells what the machine has had to do since, when it is asked. */
function watchLoad({ nodes }: RealCluster): () => Load {
  const look = () => ({
    atMs: performance.now(),
    busy: cpus().reduce((sum, _, core) => sum + coreBusySeconds(core), 0),
    waits: nodes.map((node) => coreWaits(node.pid() ?? 0)),
  });
  const before = look();
  return () => {
    const after = look();
    const waitsMs = after.waits.map(({ turns, seconds }, index) => {
      const from = before.waits[index];
      return from === undefined ? Number.NaN : ((seconds - from.seconds) * 1_000) / (turns - from.turns);
    });
    const coresBusy = ((after.busy - before.busy) * 1_000) / (after.atMs - before.atMs);
    return { coresBusy, coreWaitMs: median(waitsMs) };
  };
}

/** One cluster per queue mode: each rate and side in turn, round by round. */
async function runMode(cluster: RealCluster, mode: string, { quick, log }: BenchOptions): Promise<Round[]> {
  const people = await seedPeople(cluster.postgres, CHANNELS, 2);
  const [one, two] = cluster.nodes.map(({ url }) => socketOf(url));
  if (one === undefined || two === undefined) throw new Error('the bench needs two nodes');
  const durationMs = quick ? 3_000 : 5_000;
  const measure = (side: string, perSecond: number, warmUpMs: number): Promise<LatencyFigures> => {
    const listeners = side === SAME ? one : two;
    return measureLatency({ ...people, senders: one, listeners, perSecond, warmUpMs, durationMs });
  };
  await measure(OTHER, RATES[0] ?? 0, FIRST_MS);
  const rounds: Round[] = [];
  for (let round = 1; round <= (quick ? 1 : 3); round++) {
    for (const perSecond of RATES) {
      for (const side of [SAME, OTHER]) {
        log(`cluster: ${mode}, round ${round}, ${side}, ${perSecond} messages a second`);
        const loadOf = watchLoad(cluster);
        const figures = await measure(side, perSecond, WARM_UP_MS);
        rounds.push({ side, perSecond, figures, load: loadOf() });
      }
    }
  }
  return rounds;
}

async function roundsOf(mode: string, options: BenchOptions): Promise<Round[]> {
  // Synced to the disk: an acknowledgement is worth what it says.
  const cluster = await startRealCluster({ size: 2, env: { PARLEY_QUEUE_MODE: mode }, settings: {} });
  try {
    return await runMode(cluster, mode, options);
  } finally {
    await cluster.stop();
  }
}

export async function run(options: BenchOptions): Promise<BenchResult> {
  const rows: Row[] = [];
  const budgets: BenchResult['budgets'] = [];
  const ratios: Record<string, number> = {};
  for (const mode of MODES) {
    const rounds = await roundsOf(mode, options);
    for (const perSecond of RATES) {
      const sideOf = (wanted: string): Round[] =>
        rounds.filter((round) => round.side === wanted && round.perSecond === perSecond);
      const middles = [SAME, OTHER].map((side) => middleOf(sideOf(side), p50Of));
      rows.push(...middles.map((round) => rowOf(mode, round)));
      const same = sideOf(SAME).map(p50Of);
      ratios[`${mode}, ${perSecond}/s: other node / same node, p50`] = median(
        sideOf(OTHER).map((round, index) => p50Of(round) / (same[index] ?? Number.NaN)),
      );
      const other = middles[1]?.figures.delivered;
      if (mode !== 'overflow' || perSecond !== RATES[0] || other === undefined) continue;
      budgets.push(atMost('delivered on another node, p50 ms', other.p50, 2));
      budgets.push(atMost('delivered on another node, p99 ms', other.p99, 10));
    }
  }
  return createResult(name, { rows, ratios, budgets });
}

function p50Of({ figures }: Round): number {
  return figures.delivered.p50;
}
