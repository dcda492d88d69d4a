#!/usr/bin/env node
import { loadCommand } from '@parley/load-test';
import { Command } from 'commander';
import { auditCommand } from './cli/audit-command.ts';
import { backupCommand } from './cli/backup-command.ts';
import { chatCommand } from './cli/chat/chat-command.ts';
import { doctorCommand } from './cli/doctor-command.ts';
import { flagCommand } from './cli/flag-command.ts';
import { keyCommand } from './cli/key-command.ts';
import { startLoadServer } from './cli/load-server.ts';
import { migrateCommand } from './cli/migrate-command.ts';
import { promoteCommand } from './cli/promote-command.ts';
import { queueCommand } from './cli/queue-command.ts';
import { restoreCommand } from './cli/restore-command.ts';
import { rollbackCommand } from './cli/rollback-command.ts';
import { runProgram } from './cli/run-program.ts';
import { startCommand } from './cli/start-command.ts';
import { statsCommand } from './cli/stats-command.ts';
import { tokenCommand } from './cli/token-command.ts';
import { userCommand } from './cli/user-command.ts';
import { verifyCommand } from './cli/verify-command.ts';
import { webhookCommand } from './cli/webhook-command.ts';
import { VERSION } from './lib/version.ts';

const program = new Command('parley')
  .description('Self-hosted real-time chat that can prove nothing was lost')
  .version(VERSION)
  .addCommand(startCommand(), { isDefault: true })
  .addCommand(migrateCommand())
  .addCommand(rollbackCommand())
  .addCommand(backupCommand())
  .addCommand(restoreCommand())
  .addCommand(verifyCommand())
  .addCommand(promoteCommand())
  .addCommand(doctorCommand())
  .addCommand(userCommand())
  .addCommand(tokenCommand())
  .addCommand(keyCommand())
  .addCommand(flagCommand())
  .addCommand(queueCommand())
  .addCommand(statsCommand())
  .addCommand(auditCommand())
  .addCommand(webhookCommand())
  .addCommand(chatCommand())
  .addCommand(loadCommand(startLoadServer));

// A reader that has seen enough, as `head` has, is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const code = await runProgram(program, process.argv.slice(2));
// A command may have told its own failure by now.
if (code !== 0) process.exitCode = code;
