import { loadCommand } from '@parley/load-test';
import type { Command } from 'commander';
import { auditCommand } from './audit-command.ts';
import { backupCommand } from './backup-command.ts';
import { chatCommand } from './chat/chat-command.ts';
import { doctorCommand } from './doctor-command.ts';
import { flagCommand } from './flag-command.ts';
import { keyCommand } from './key-command.ts';
import { startLoadServer } from './load-server.ts';
import { migrateCommand } from './migrate-command.ts';
import { promoteCommand } from './promote-command.ts';
import { queueCommand } from './queue-command.ts';
import { restoreCommand } from './restore-command.ts';
import { rollbackCommand } from './rollback-command.ts';
import { statsCommand } from './stats-command.ts';
import { tokenCommand } from './token-command.ts';
import { userCommand } from './user-command.ts';
import { verifyCommand } from './verify-command.ts';
import { webhookCommand } from './webhook-command.ts';

/** Every command but `start`. */
export function otherCommands(): Command[] {
  return [
    migrateCommand(),
    rollbackCommand(),
    backupCommand(),
    restoreCommand(),
    verifyCommand(),
    promoteCommand(),
    doctorCommand(),
    userCommand(),
    tokenCommand(),
    keyCommand(),
    flagCommand(),
    queueCommand(),
    statsCommand(),
    auditCommand(),
    webhookCommand(),
    chatCommand(),
    loadCommand(startLoadServer),
  ];
}
