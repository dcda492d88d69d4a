import { readCount as readWhole } from '@parley/load-test';
import { Command, InvalidArgumentError } from 'commander';

export { readSeed } from '@parley/load-test';

/** The command line of a script of ours: `--help` tells all it takes, and what it does not take ends it with 2 and a word why. */
export function scriptCommand(script: string, description: string): Command {
  return new Command(`npm run ${script} --`)
    .description(description)
    .helpOption('--help', 'prints this')
    .allowExcessArguments(false)
    .showHelpAfterError('(--help tells what it takes)')
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
}

/** A whole number from 1 up. */
export function readCount(text: string): number {
  return readWhole(text, 1);
}

/** A number above zero. */
export function readAmount(text: string): number {
  const amount = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || amount === 0) throw new InvalidArgumentError('a number above zero');
  return amount;
}
