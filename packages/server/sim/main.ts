import { formatVerdict, Random } from '@parley/load-test';
import { makePlan } from './plan.ts';
import { isClean, World } from './world.ts';

const first = BigInt(process.argv[2] ?? '1');
const count = Number(process.argv[3] ?? '1');
let faults = 0;
const startedAt = performance.now();
for (let seed = first; seed < first + BigInt(count); seed++) {
  const plan = makePlan(new Random(seed).fork('plan'));
  const records: unknown[] = [];
  const result = await new World({ seed, plan, onRecord: (record) => records.push(record) }).run();
  faults += result.faults;
  if (!isClean(result)) {
    console.log(`seed ${seed}: ${JSON.stringify(plan.shape)} ${result.steps} steps`);
    console.log(formatVerdict(result.verdict));
    for (const trouble of result.troubles.slice(0, 5)) console.log(trouble.slice(0, 3500));
    if (process.env.STOP) break;
  } else if (process.env.SHOW) console.log(`seed ${seed}: ${formatVerdict(result.verdict)}, ${result.steps} steps`);
}
console.log(`${faults} faults in ${Math.round(performance.now() - startedAt)} ms`);
