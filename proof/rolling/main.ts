/** `npm run rolling -- [--rate 500] [--devices 8] [--rounds 1] [--json FILE]`: three nodes are restarted in turn while people talk. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startRealCluster } from '../../packages/server/src/testing/real-cluster.ts';
import { runRolling } from './rolling.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '500' },
    devices: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});

console.log('starting PostgreSQL, Redis, three nodes and a balancer');
const cluster = await startRealCluster({ env: { PARLEY_LOG_LEVEL: 'warn' } });
// No process of ours may outlive this one, however it ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void cluster.stop().then(() => process.exit(130)));
try {
  const report = await runRolling(cluster, {
    perSecond: Number(values.rate),
    devices: Number(values.devices),
    rounds: Number(values.rounds),
    onRestart: (node, ms) => console.log(`node ${node + 1} is back after ${(ms / 1_000).toFixed(1)} s`),
  });
  const { restarts, durationMs, sent, acknowledged, perSecond, lost, doubled, refused, wrong, ack, story } = report;
  console.log(
    [
      '',
      `${restarts} restarts in ${(durationMs / 1_000).toFixed(1)} s, ${values.devices} devices in two rooms`,
      `sent          ${sent} (${perSecond.toFixed(0)} a second; ${values.rate} were asked for)`,
      `acknowledged  ${acknowledged}`,
      `lost          ${lost}`,
      `doubled       ${doubled}`,
      `refused       ${refused.length}`,
      `else wrong    ${wrong}`,
      `to the acknowledgement: p50 ${ms(ack.p50)}, p99 ${ms(ack.p99)}, p99.9 ${ms(ack.p999)}, at most ${ms(ack.max)}`,
    ].join('\n'),
  );
  if (story !== '') console.log(`\n${story}`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  process.exitCode = lost + doubled + refused.length + wrong === 0 && acknowledged === sent ? 0 : 1;
} finally {
  await cluster.stop();
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
