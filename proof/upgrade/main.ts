/** `npm run upgrade:proof -- [--rate N] [--step SECONDS] [--devices N] [--stored N] [--json FILE]`: up and down while people write. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { proveUpgrade } from './upgrade.ts';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '500' },
    step: { type: 'string', default: '10' },
    devices: { type: 'string', default: '8' },
    stored: { type: 'string', default: '500000' },
    json: { type: 'string' },
  },
});

const report = await proveUpgrade({
  perSecond: Number(values.rate),
  stepMs: Number(values.step) * 1_000,
  devices: Number(values.devices),
  stored: Number(values.stored),
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
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
process.exit(troubles.length === 0 && refused.length === 0 ? 0 : 1);
