/** `npm run soak`: a run of the same name goes on where the last one ended. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAmount, scriptCommand } from '../../scripts/command-line.ts';
import { runSoak } from './soak.ts';

const options = scriptCommand('soak', 'Lets people talk for hours under small faults, and looks for what grows.')
  .option('--hours <hours>', 'how long', readAmount, 8)
  .option('--name <name>', 'a run of the same name goes on', new Date().toISOString().slice(0, 10))
  .option('--json <file>', 'writes what came out')
  .parse()
  .opts<{ hours: number; name: string; json?: string }>();

const report = await runSoak({
  hours: options.hours,
  shiftMs: 30_000,
  devices: 20,
  file: join('artifacts', 'soak', `${options.name}.jsonl`),
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
      `${hours.toFixed(2)}/${options.hours} h  ${mib(memoryBytes)} held (heap ${mib(heapBytes)}), ${descriptors} descriptors, ${timers} timers, ` +
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
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
process.exit(violations === 0 && troubles.length === 0 ? 0 : 1);

function mib(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}
