/** `npm run soak -- --hours H [--name NAME] [--json FILE]`: a run of the same name goes on where the last one ended. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runSoak } from './soak.ts';

const { values } = parseArgs({
  options: {
    hours: { type: 'string', default: '8' },
    name: { type: 'string', default: new Date().toISOString().slice(0, 10) },
    json: { type: 'string' },
  },
});

const report = await runSoak({
  hours: Number(values.hours),
  shiftMs: 30_000,
  devices: 20,
  file: join('artifacts', 'soak', `${values.name}.jsonl`),
  onSample: ({
    hours,
    memoryBytes,
    heapBytes,
    descriptors,
    timers,
    loopDelayP99Ms,
    acknowledged,
    violations,
    story,
  }) => {
    console.log(
      `${hours.toFixed(2)}/${values.hours} h  ${mib(memoryBytes)} held (heap ${mib(heapBytes)}), ${descriptors} descriptors, ${timers} timers, ` +
        `loop p99 ${loopDelayP99Ms.toFixed(0)} ms, ${acknowledged} acknowledged, ${violations} violations`,
    );
    if (story !== '') console.log(story);
  },
});
const { hours, shifts, acknowledged, violations, memorySlope, troubles } = report;
for (const trouble of troubles) console.log(`FAILED  ${trouble}`);
const slope =
  memorySlope === null ? 'too short for a slope of memory' : `memory ${Math.round(memorySlope / 1_024)} KiB an hour`;
console.log(
  `${hours.toFixed(2)} hours, ${shifts} shifts, ${acknowledged} sends acknowledged: ${violations} violations, ${slope}`,
);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
process.exit(violations === 0 && troubles.length === 0 ? 0 : 1);

function mib(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}
