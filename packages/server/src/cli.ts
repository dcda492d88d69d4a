#!/usr/bin/env node
import { Command } from 'commander';
import { runProgram } from './cli/run-program.ts';
import { startCommand } from './cli/start-command.ts';
import { VERSION } from './lib/version.ts';

const args = process.argv.slice(2);
const program = new Command('parley')
  .description('Self-hosted real-time chat that can prove nothing was lost')
  .version(VERSION)
  .addCommand(startCommand(), { isDefault: true });
// A server that starts does not wait for what only the other commands need.
if (!isStart(args[0])) {
  const { otherCommands } = await import('./cli/other-commands.ts');
  for (const command of otherCommands()) program.addCommand(command);
}

// A reader that has seen enough, as `head` has, is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const code = await runProgram(program, args);
// A command may have told its own failure by now.
if (code !== 0) process.exitCode = code;

/** `start` is what is meant where no command is named. */
function isStart(first: string | undefined): boolean {
  return first === undefined || first === 'start' || (first.startsWith('-') && first !== '-h' && first !== '--help');
}
