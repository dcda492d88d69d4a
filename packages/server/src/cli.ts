#!/usr/bin/env node
import { Command } from 'commander';
import { chatCommand } from './cli/chat/chat-command.ts';
import { migrateCommand } from './cli/migrate-command.ts';
import { startCommand } from './cli/start-command.ts';
import { StartError } from './lib/start-error.ts';

const program = new Command('parley')
  .description('Self-hosted real-time chat that can prove nothing was lost')
  .version('0.1.0')
  .addCommand(startCommand(), { isDefault: true })
  .addCommand(migrateCommand())
  .addCommand(chatCommand());

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof StartError) process.stderr.write(`\nparley: ${error.message}\n        ${error.hint}\n\n`);
  else process.stderr.write(`\nparley: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n\n`);
  process.exitCode = 1;
}
