import { parseArgs } from 'node:util';

export const USAGE = `usage: npm run sim -- [--minutes N | --seeds FIRST..LAST | --seed S | --plan FILE] [--plant NAME|all] [--json FILE]

  --help                 prints this
  --minutes N            runs new seeds for N minutes (1 when nothing else is said)
  --seeds FIRST..LAST    runs these seeds
  --seed S               runs one seed and tells all about it; when it fails, its plan is made small and written down
  --plan FILE            runs a plan that was written down
  --plant NAME|all       plants known bugs in the product and tells how soon each is found
  --resume               goes on where the last campaign was ended
  --workers N            processes side by side (one for each core)
  --json FILE            writes what came out
`;

export interface Arguments {
  readonly minutes: number | null;
  readonly seeds: { readonly first: bigint; readonly last: bigint } | null;
  readonly seed: bigint | null;
  readonly plan: string | null;
  readonly plant: string | null;
  readonly help: boolean;
  readonly resume: boolean;
  readonly workers: number | null;
  readonly json: string | null;
}

/** Reads the command line; throws an error that tells what is wrong with it. */
export function readArguments(args: readonly string[]): Arguments {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: text,
      seeds: text,
      seed: text,
      plan: text,
      plant: text,
      workers: text,
      json: text,
      help: { type: 'boolean', default: false },
      resume: { type: 'boolean', default: false },
    },
  });
  return {
    minutes: values.minutes === undefined ? null : positive('minutes', values.minutes),
    seeds: values.seeds === undefined ? null : readSeeds(values.seeds),
    seed: values.seed === undefined ? null : readSeed(values.seed),
    plan: values.plan ?? null,
    plant: values.plant ?? null,
    help: values.help,
    resume: values.resume,
    workers: values.workers === undefined ? null : Math.ceil(positive('workers', values.workers)),
    json: values.json ?? null,
  };
}

function positive(name: string, value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new Error(`unable to run; --${name} is not a number above zero`);
  return number;
}

const MAX_SEED = 2n ** 64n - 1n;

function readSeed(text: string): bigint {
  if (!/^\d{1,20}$/.test(text) || BigInt(text) > MAX_SEED)
    throw new Error('unable to run; a seed is a whole number of 64 bits');
  return BigInt(text);
}

function readSeeds(text: string): { first: bigint; last: bigint } {
  const [first, last, ...rest] = text.split('..');
  if (first === undefined || last === undefined || rest.length > 0)
    throw new Error('unable to run; --seeds is FIRST..LAST');
  return { first: readSeed(first), last: readSeed(last) };
}
