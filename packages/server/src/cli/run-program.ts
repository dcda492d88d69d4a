import { type Command, CommanderError } from 'commander';
import { AppError } from '../lib/app-error.ts';
import { StartError } from '../lib/start-error.ts';

/** How a command ended, for the shell. */
export const EXIT = { done: 0, failed: 1, misused: 2 } as const;

/**
 * Runs the command line and gives its exit code: 0 done, 1 failed, 2 misused. Errors that an operator can act on are told
 * in words; only faults come with their stack.
 */
export async function runProgram(
  program: Command,
  args: readonly string[],
  complain: (text: string) => void = (text) => void process.stderr.write(text),
): Promise<number> {
  throwInsteadOfExit(program, complain);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return EXIT.done;
  } catch (error) {
    // Commander has told already; asking for help or the version is no misuse.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.misused;
    complain(`\nparley: ${worded(error)}\n\n`);
    return EXIT.failed;
  }
}

function throwInsteadOfExit(command: Command, complain: (text: string) => void): void {
  command.exitOverride().configureOutput({ writeErr: complain });
  for (const child of command.commands) throwInsteadOfExit(child, complain);
}

function worded(error: unknown): string {
  if (error instanceof StartError) return `${error.message}\n        ${error.hint}`;
  if (error instanceof AppError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
