import { InvalidArgumentError } from 'commander';
import { readAmount, readCount, readSeed, scriptCommand } from '../../../../scripts/command-line.ts';

export interface Arguments {
  readonly minutes?: number;
  readonly seeds?: { readonly first: bigint; readonly last: bigint };
  readonly seed?: bigint;
  readonly plan?: string;
  readonly plant?: string;
  readonly resume?: true;
  readonly workers?: number;
  readonly json?: string;
}

/** Reads the command line; ends the process where it is of no use. */
export function readArguments(): Arguments {
  return scriptCommand(
    'sim',
    'Runs the real rooms and clients on a virtual clock, with everything around them failing.',
  )
    .option('--minutes <n>', 'runs new seeds for so long (1 when nothing else is said)', readAmount)
    .option('--seeds <first..last>', 'runs these seeds', readSeeds)
    .option(
      '--seed <seed>',
      'runs one seed and tells all about it; when it fails, its plan is made small and written down',
      readSeed,
    )
    .option('--plan <file>', 'runs a plan that was written down')
    .option('--plant <name>', 'plants a known bug in the product, or `all`, and tells how soon each is found')
    .option('--resume', 'goes on where the last campaign was ended')
    .option('--workers <n>', 'processes side by side (one for each core)', readCount)
    .option('--json <file>', 'writes what came out')
    .parse()
    .opts<Arguments>();
}

function readSeeds(text: string): { first: bigint; last: bigint } {
  const [first, last, ...rest] = text.split('..');
  if (first === undefined || last === undefined || rest.length > 0)
    throw new InvalidArgumentError('the first and the last, as 1..100');
  return { first: readSeed(first), last: readSeed(last) };
}
