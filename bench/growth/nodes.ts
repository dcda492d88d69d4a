import { fileURLToPath } from 'node:url';
import { startRealCluster } from '../../packages/server/src/testing/real-cluster.ts';
import type { Row } from '../bench.ts';
import { answerOf, startChild } from '../child.ts';
import type { LatencyFigures, LatencyRequest } from '../cluster/clients.ts';
import { seedPeople } from '../cluster/seed.ts';
import { cpuSeconds } from '../processes.ts';

const NODES = [1, 2, 4];
/** Channels of two members each, who are on whichever nodes. */
const CHANNELS = 64;
const PER_SECOND = 500;
const WARM_UP_MS = 1_000;
/** How long a measurement may take on top of its own time. */
const SPARE_MS = 45_000;

/** Processor time of all nodes together for each message, by the number of nodes. */
export async function growNodes(quick: boolean, log: (line: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of quick ? NODES.slice(0, 2) : NODES) {
    log(`growth: ${size} nodes`);
    const us = await measure(size, quick ? 2_000 : 5_000);
    rows.push({ what: 'nodes (a message, all nodes together)', n: size, us_each: us / size, us_all: us });
  }
  return rows;
}

async function measure(size: number, durationMs: number): Promise<number> {
  const cluster = await startRealCluster({ size });
  const file = fileURLToPath(new URL('../cluster/clients.ts', import.meta.url));
  try {
    const people = await seedPeople(cluster.postgres, CHANNELS, 2);
    const request: LatencyRequest = {
      ...people,
      senders: cluster.url,
      listeners: cluster.url,
      perSecond: PER_SECOND,
      warmUpMs: WARM_UP_MS,
      durationMs,
    };
    const used = (): number => cluster.nodes.reduce((sum, node) => sum + cpuSeconds(node.pid() ?? 0), 0);
    const before = used();
    const clients = startChild(file, JSON.stringify(request));
    const spare = WARM_UP_MS + durationMs + SPARE_MS;
    const figures = await answerOf<LatencyFigures>(clients, 'count messages', spare).finally(
      () => void clients.kill('SIGKILL'),
    );
    const all = figures.sent * ((WARM_UP_MS + durationMs) / durationMs);
    return ((used() - before) / all) * 1e6;
  } finally {
    await cluster.stop();
  }
}
