import { Command, InvalidArgumentError } from 'commander';

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
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('a whole number from 1 up');
  return Number(text);
}

/** A number above zero. */
export function readAmount(text: string): number {
  const amount = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || amount === 0) throw new InvalidArgumentError('a number above zero');
  return amount;
}

const MAX_SEED = 2n ** 64n - 1n;

/** A seed: what is drawn with it is drawn again. */
export function readSeed(text: string): bigint {
  if (!/^\d{1,20}$/.test(text) || BigInt(text) > MAX_SEED) throw new InvalidArgumentError('a whole number of 64 bits');
  return BigInt(text);
}
