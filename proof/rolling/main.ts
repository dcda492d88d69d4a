/** `npm run rolling`: three nodes are restarted in turn while people talk. */
import { writeFileSync } from 'node:fs';
import { startRealCluster } from '../../packages/server/src/testing/real-cluster.ts';
import { readCount, scriptCommand } from '../../scripts/command-line.ts';
import { runRolling } from './rolling.ts';

const options = scriptCommand(
  'rolling',
  'Restarts three nodes in turn while people talk, and tells what that cost them.',
)
  .option('--rate <n>', 'messages a second', readCount, 500)
  .option('--devices <n>', 'who talk', readCount, 8)
  .option('--rounds <n>', 'how often each node is restarted', readCount, 1)
  .option('--json <file>', 'writes what came out')
  .parse()
  .opts<{ rate: number; devices: number; rounds: number; json?: string }>();

console.log('starting PostgreSQL, Redis, three nodes and a balancer');
const cluster = await startRealCluster({ env: { PARLEY_LOG_LEVEL: 'warn' } });
// No process of ours may outlive this one, however it ends.
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void cluster.stop().then(() => process.exit(130)));
try {
  const report = await runRolling(cluster, {
    perSecond: options.rate,
    devices: options.devices,
    rounds: options.rounds,
    onRestart: (node, ms) => console.log(`node ${node + 1} is back after ${(ms / 1_000).toFixed(1)} s`),
  });
  const { restarts, durationMs, sent, acknowledged, perSecond, lost, doubled, refused, wrong, ack, story } = report;
  console.log(
    [
      '',
      `${restarts} restarts in ${(durationMs / 1_000).toFixed(1)} s, ${options.devices} devices in two rooms`,
      `sent          ${sent} (${perSecond.toFixed(0)} a second; ${options.rate} were asked for)`,
      `acknowledged  ${acknowledged}`,
      `lost          ${lost}`,
      `doubled       ${doubled}`,
      `refused       ${refused.length}`,
      `else wrong    ${wrong}`,
      `to the acknowledgement: p50 ${ms(ack.p50)}, p99 ${ms(ack.p99)}, p99.9 ${ms(ack.p999)}, at most ${ms(ack.max)}`,
    ].join('\n'),
  );
  if (story !== '') console.log(`\n${story}`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  process.exitCode = lost + doubled + refused.length + wrong === 0 && acknowledged === sent ? 0 : 1;
} finally {
  await cluster.stop();
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
