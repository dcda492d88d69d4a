import type { Percentiles } from '../../packages/load-test/src/histogram.ts';
import { atLeast, atMost, type BenchOptions, type BenchResult, type Budget, createResult, type Row } from '../bench.ts';
import { messageOf, startChild } from '../children.ts';
import type { Seeded } from '../send/database.ts';

export const name = 'latency';
export const description = 'from due to committed and to delivered, through the whole road, at fixed offered rates';

const RATES = [100, 1_000, 4_000];
/** The rate at which the budgets hold. */
const BUDGET_RATE = 1_000;
const BYTES = 110;

interface Figures {
  sent: number;
  errors: number;
  acknowledged: Percentiles;
  delivered: Percentiles;
  lateP99Ms: number;
  clientCore: number;
}

export async function run({ quick, log }: BenchOptions): Promise<BenchResult> {
  const seconds = quick ? 2 : 6;
  const rows: Row[] = [];
  const budgets: Budget[] = [];
  const server = startChild(new URL('../send/server.ts', import.meta.url));
  try {
    const seeded = await messageOf<Seeded & { url: string }>(server.child);
    for (const rate of RATES) {
      log(`latency: ${rate} messages/s`);
      const request = JSON.stringify({ ...seeded, rate, seconds, bytes: BYTES });
      const clients = startChild(new URL('clients.ts', import.meta.url), { parameters: [request] });
      const found = await messageOf<Figures>(clients.child);
      rows.push(rowOf(rate, 'committed', found, found.acknowledged), rowOf(rate, 'delivered', found, found.delivered));
      if (rate !== BUDGET_RATE) continue;
      budgets.push(
        atMost(`due to delivered at ${rate} msg/s on one node, p50 ms`, found.delivered.p50, 2),
        atMost(`due to delivered at ${rate} msg/s on one node, p99 ms`, found.delivered.p99, 10),
        atLeast(`share of ${rate} msg/s that was delivered`, found.delivered.count / found.sent, 1),
      );
    }
  } finally {
    await server.stop();
  }
  return createResult(name, { rows, ratios: {}, budgets });
}

function rowOf(rate: number, what: string, found: Figures, times: Percentiles): Row {
  return {
    'msg/s': rate,
    'due to': what,
    p50_ms: times.p50,
    p90_ms: times.p90,
    p99_ms: times.p99,
    'p99.9_ms': times.p999,
    max_ms: times.max,
    count: times.count,
    client_core: found.clientCore,
    client_late_p99_ms: found.lateP99Ms,
  };
}
