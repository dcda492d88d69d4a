#!/usr/bin/env node
import { CommanderError } from 'commander';
import { loadCommand } from './cli/load-command.ts';

const MISUSED = 2;

try {
  await loadCommand().name('parley-load').exitOverride().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : MISUSED;
}
