import { startRealCluster } from '../../packages/server/src/testing/real-cluster.ts';
import type { Row } from '../bench.ts';
import { seedPeople } from '../cluster/seed.ts';
import type { LatencyRequest } from '../latency/clients.ts';
import { measureLatency } from '../latency/latency.ts';
import { cpuSeconds } from '../processes.ts';
import { socketOf } from '../socket-url.ts';

const NODES = [1, 2, 4];
/** Channels of two members each, who are on whichever nodes; half of them are talked in. */
const CHANNELS = 128;
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
  try {
    const people = await seedPeople(cluster.postgres, CHANNELS, 2);
    const request: LatencyRequest = {
      ...people,
      senders: socketOf(cluster.url),
      listeners: socketOf(cluster.url),
      perSecond: PER_SECOND,
      warmUpMs: WARM_UP_MS,
      durationMs,
    };
    const used = (): number => cluster.nodes.reduce((sum, node) => sum + cpuSeconds(node.pid() ?? 0), 0);
    const before = used();
    const figures = await measureLatency(request, SPARE_MS);
    const all = figures.sent * ((WARM_UP_MS + durationMs) / durationMs);
    return ((used() - before) / all) * 1e6;
  } finally {
    await cluster.stop();
  }
}
