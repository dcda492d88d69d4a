#!/usr/bin/env node
import { Command } from 'commander';
import { runProgram } from './cli/run-program.ts';
import { VERSION } from './lib/version.ts';

/** Loaded when they are asked for: `parley chat` starts at once without what makes a server, and a server without the others. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  start: async () => (await import('./cli/start-command.ts')).startCommand(),
  migrate: async () => (await import('./cli/migrate-command.ts')).migrateCommand(),
  rollback: async () => (await import('./cli/rollback-command.ts')).rollbackCommand(),
  backup: async () => (await import('./cli/backup-command.ts')).backupCommand(),
  restore: async () => (await import('./cli/restore-command.ts')).restoreCommand(),
  verify: async () => (await import('./cli/verify-command.ts')).verifyCommand(),
  promote: async () => (await import('./cli/promote-command.ts')).promoteCommand(),
  doctor: async () => (await import('./cli/doctor-command.ts')).doctorCommand(),
  user: async () => (await import('./cli/user-command.ts')).userCommand(),
  token: async () => (await import('./cli/token-command.ts')).tokenCommand(),
  key: async () => (await import('./cli/key-command.ts')).keyCommand(),
  flag: async () => (await import('./cli/flag-command.ts')).flagCommand(),
  queue: async () => (await import('./cli/queue-command.ts')).queueCommand(),
  stats: async () => (await import('./cli/stats-command.ts')).statsCommand(),
  audit: async () => (await import('./cli/audit-command.ts')).auditCommand(),
  webhook: async () => (await import('./cli/webhook-command.ts')).webhookCommand(),
  chat: async () => (await import('./cli/chat/chat-command.ts')).chatCommand(),
  load: async () => {
    const [{ loadCommand }, { startLoadServer }] = await Promise.all([
      import('@parley/load-test'),
      import('./cli/load-server.ts'),
    ]);
    return loadCommand(startLoadServer);
  },
};
const DEFAULT = 'start';

const args = process.argv.slice(2);
const program = new Command('parley')
  .description('Self-hosted real-time chat that can prove nothing was lost')
  .version(VERSION);
// A word that is no command is told to be none: it is no word for the default.
const isDefaultAsked = args[0] === undefined || args[0].startsWith('-');
const isForHelp = ['-h', '--help', '-V', '--version'].includes(args[0] ?? '');
for (const command of await commandsFor(isDefaultAsked && !isForHelp ? DEFAULT : String(args[0])))
  program.addCommand(command, { isDefault: isDefaultAsked && command.name() === DEFAULT });

/** The command of this name; all of them for help, and to say which one may have been meant. */
function commandsFor(name: string): Promise<Command[]> {
  const known = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return Promise.all((known === undefined ? Object.values(COMMANDS) : [known]).map((load) => load()));
}

// A reader that has seen enough, as `head` has, is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const code = await runProgram(program, args);
// A command may have told its own failure by now.
if (code !== 0) process.exitCode = code;
