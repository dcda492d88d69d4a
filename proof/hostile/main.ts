/** `npm run hostile`: see its `--help`. */
import { writeFileSync } from 'node:fs';
import { readCount, readSeed, scriptCommand } from '../../scripts/command-line.ts';
import { formatHostile, runHostile } from './run.ts';

const options = scriptCommand(
  'hostile',
  'Sends bad input to a real process while two people talk who must notice nothing.',
)
  .option('--requests <n>', 'generated requests for each operation', readCount, 100)
  .option('--frames <n>', 'generated frames', readCount, 20_000)
  .option('--every <n>', 'takes one of so many cases', readCount, 1)
  .option('--seed <seed>', 'repeats what was generated', readSeed)
  .option('--only <letters>', 'categories, parted by commas')
  .option('--json <file>', 'writes what came out')
  .parse()
  .opts<{ requests: number; frames: number; every: number; seed?: bigint; only?: string; json?: string }>();

const { seed = BigInt(Date.now()) } = options;
const report = await runHostile({
  requests: options.requests,
  frames: options.frames,
  every: options.every,
  seed,
  only: options.only?.split(','),
  log: (line) => console.log(line),
});
console.log(`\n${formatHostile(report)}`);
if (report.cases.failed > 0)
  console.log(`repeat: npm run hostile -- --seed ${seed} --requests ${options.requests} --frames ${options.frames}`);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
process.exit(report.cases.failed === 0 ? 0 : 1);
