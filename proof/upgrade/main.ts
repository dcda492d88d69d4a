/** `npm run upgrade:proof`: up and down while people write. */
import { writeFileSync } from 'node:fs';
import { readAmount, readCount, scriptCommand } from '../../scripts/command-line.ts';
import { proveUpgrade } from './upgrade.ts';

const options = scriptCommand(
  'upgrade:proof',
  'Goes from the last released schema to the newest and back while people write.',
)
  .option('--rate <n>', 'messages a second', readCount, 500)
  .option('--step <seconds>', 'how long people talk in each step', readAmount, 10)
  .option('--devices <n>', 'who talk', readCount, 8)
  .option('--stored <n>', 'messages that are there before', readCount, 500_000)
  .option('--json <file>', 'writes what came out')
  .parse()
  .opts<{ rate: number; step: number; devices: number; stored: number; json?: string }>();

const report = await proveUpgrade({
  perSecond: options.rate,
  stepMs: options.step * 1_000,
  devices: options.devices,
  stored: options.stored,
  onStep: ({ name, tookMs, messages, p50Ms, p99Ms, longestMs }) =>
    console.log(
      `${name.padEnd(46)} ${(tookMs / 1_000).toFixed(1).padStart(5)} s  ${String(messages).padStart(6)} messages acknowledged` +
        ` after p50 ${p50Ms.toFixed(0)}, p99 ${p99Ms.toFixed(0)}, at most ${longestMs.toFixed(0)} ms`,
    ),
});
const { sent, refused, repeated, leftOut, snapshots, troubles } = report;
for (const trouble of troubles) console.log(`FAILED  ${trouble}`);
const again = Object.entries(repeated).map(([code, count]) => `${count} ${code}`);
console.log(
  `${sent} messages: ${refused.length} refused, ${leftOut} not written, for the machine could not keep up; tries that were made again: ${again.join(', ') || 'none'}; ${snapshots} snapshots`,
);
console.log(troubles.length === 0 ? '0 lost, 0 doubled, in one order' : 'see above');
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
process.exit(troubles.length === 0 && refused.length === 0 ? 0 : 1);
