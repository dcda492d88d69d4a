import { Command } from 'commander';
import { runProgram } from '../cli/run-program.ts';
import type { Terminal } from '../cli/terminal.ts';

/** How a command ended, what it printed, and what it complained of. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly complaint: string;
}

/** Runs the command line with these commands in this process, with an environment and a terminal of its own. */
export async function runParley(
  commands: readonly ((terminal: Terminal) => Command)[],
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Ran> {
  let out = '';
  let complaint = '';
  const terminal: Terminal = {
    env,
    out: (text) => {
      out += text;
    },
    readInput: () => Promise.resolve(''),
  };
  const program = new Command('parley');
  for (const make of commands) program.addCommand(make(terminal));
  const code = await runProgram(program, args, (text) => {
    complaint += text;
  });
  return { code, out, complaint };
}
