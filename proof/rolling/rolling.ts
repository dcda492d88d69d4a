import { damageOf, Random, runTrial, type SteadyFigures, SteadyTalk, type TrialResult } from '@parley/load-test';
import { makeParty } from '../../packages/server/src/cli/faults/party.ts';
import { readTruth } from '../../packages/server/src/cli/faults/read-truth.ts';
import { openPostgres } from '../../packages/server/src/storage/postgres.ts';
import type { RealCluster } from '../../packages/server/src/testing/real-cluster.ts';
import type { ServerProcess } from '../../packages/server/src/testing/server-process.ts';
import { waitFor } from '../../packages/server/src/testing/wait-for.ts';
import { PatientWebSocket } from '../patient-websocket.ts';

/** Screens hold thousands of messages here: looking at all of them costs what the talk itself does. */
const LOOK_PERIOD_MS = 2_000;

/**
 * A few devices say here what hundreds of people would. One at a time they could say no more than 16 in the time of an answer,
 * and the answer's time would be measured as what waits behind it.
 */
const SEND_WINDOW = 32;

export interface RollingOptions {
  readonly perSecond: number;
  readonly devices: number;
  /** How often every node is restarted. */
  readonly rounds: number;
  readonly onRestart?: (node: number, ms: number) => void;
}

/** What a rolling restart did to people who talked all the while. */
export interface RollingReport extends SteadyFigures {
  readonly restarts: number;
  readonly durationMs: number;
  /** Acknowledged and not stored, or not heard by somebody who was there. */
  readonly lost: number;
  readonly doubled: number;
  /** Whatever else the history checker found, or never came to rest. */
  readonly wrong: number;
  /** In words; empty where all is well. */
  readonly story: string;
}

/** Restarts every node of a cluster in turn, in order, while people talk through its balancer; the history checker judges. */
export async function runRolling(cluster: RealCluster, options: RollingOptions): Promise<RollingReport> {
  const { perSecond, devices } = options;
  const database = openPostgres({
    connection: cluster.postgres.config,
    maxConnections: 2,
    statementTimeoutMs: 20_000,
    onError: () => {},
  });
  try {
    const party = await makeParty(database.db, devices, `rolling-${Date.now().toString(36)}`);
    let talk: SteadyTalk | null = null;
    const result = await runTrial({
      seed: '1',
      random: new Random(1n),
      devices,
      mayRefuse: [],
      lookPeriodMs: LOOK_PERIOD_MS,
      sendWindow: SEND_WINDOW,
      traffic: (clients, rooms) => {
        talk = new SteadyTalk(clients, rooms, perSecond);
        return talk;
      },
      faults: [{ kind: 'rolling restart', run: (mark) => restartAll(cluster, options).then(mark) }],
      world: {
        ...party,
        WebSocket: PatientWebSocket,
        pickUrl: () => cluster.url,
        readTruth: () => readTruth(database.db, Object.values(party.rooms)),
      },
    });
    if (talk === null) throw new Error('nobody talked');
    return reportOf(result, (talk as SteadyTalk).figures(), options.rounds * cluster.nodes.length);
  } finally {
    await database.close();
  }
}

async function restartAll(cluster: RealCluster, { rounds, onRestart }: RollingOptions): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const [index, node] of cluster.nodes.entries()) {
      const startedAt = performance.now();
      await restart(cluster, node);
      onRestart?.(index, performance.now() - startedAt);
    }
  }
}

/** As whoever rolls out does it: the next node only when this one gets its share again. */
async function restart({ balancer }: RealCluster, node: ServerProcess): Promise<void> {
  await node.stop();
  await node.start();
  await waitFor('the balancer sends it people again', () => balancer.ready.has(node.port));
}

function reportOf(result: TrialResult, figures: SteadyFigures, restarts: number): RollingReport {
  const { counts } = result.verdict;
  const { violations, story } = damageOf(result);
  const [lost, doubled] = [counts.I1 ?? 0, (counts.I2 ?? 0) + (counts.I5 ?? 0)];
  const { durationMs } = result;
  return { ...figures, restarts, durationMs, lost, doubled, wrong: violations - lost - doubled, story };
}
