/** `npm run hostile -- [--requests N] [--frames N] [--every N] [--seed S] [--only LETTER,LETTER] [--json FILE]` */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { formatHostile, runHostile } from './run.ts';

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100' },
    frames: { type: 'string', default: '20000' },
    every: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now()) },
    only: { type: 'string' },
    json: { type: 'string' },
  },
});

const report = await runHostile({
  requests: Number(values.requests),
  frames: Number(values.frames),
  every: Number(values.every),
  seed: BigInt(values.seed),
  only: values.only?.split(','),
  log: (line) => console.log(line),
});
console.log(`\n${formatHostile(report)}`);
if (report.cases.failed > 0)
  console.log(
    `repeat: npm run hostile -- --seed ${values.seed} --requests ${values.requests} --frames ${values.frames}`,
  );
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
process.exit(report.cases.failed === 0 ? 0 : 1);
