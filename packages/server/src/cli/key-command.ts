import type { ApiKeyView, Scope } from '@parley/protocol';
import { Command } from 'commander';
import { AppError } from '../lib/app-error.ts';
import { listKeys } from '../users/key-store.ts';
import { findUsers } from '../users/user-store.ts';
import { OPERATOR, withAccounts } from './account-tools.ts';
import { readDays, readName, readScopes, readUsername } from './options.ts';
import { processTerminal, type Terminal, writeFacts, writeRows } from './terminal.ts';

const DAY_MS = 86_400_000;

/** `parley key create|list|revoke`: API keys of bots. */
export function keyCommand(terminal: Terminal = processTerminal): Command {
  const command = new Command('key').description('Manage the API keys of bots');
  command
    .command('create')
    .description('make an API key, printed once')
    .requiredOption('--user <username>', 'the bot', readUsername)
    .requiredOption('--name <name>', 'what it is for', readName)
    .requiredOption('--scopes <list>', 'some of read,write,manage,admin', readScopes)
    .option('--days <n>', 'how long it lasts; without end if left out', readDays)
    .option('--json', 'as JSON')
    .action((flags: { user: string; name: string; scopes: Scope[]; days?: number; json?: true }) =>
      withAccounts(terminal, async ({ keys, userOf }) => {
        const bot = await userOf(flags.user);
        const { key, secret } = await keys.create(OPERATOR, {
          userId: bot.id,
          name: flags.name,
          scopes: flags.scopes,
          expiresInMs: flags.days === undefined ? undefined : flags.days * DAY_MS,
        });
        writeFacts(terminal, { ...factsOf(key, bot.username), key: secret }, flags.json === true);
      }),
    );
  command
    .command('list')
    .description('list the keys of all bots, or of one')
    .option('--user <username>', 'the bot', readUsername)
    .option('--json', 'as JSON')
    .action((flags: { user?: string; json?: true }) =>
      withAccounts(terminal, async ({ db, userOf }) => {
        const keys = await listKeys(db, flags.user === undefined ? null : (await userOf(flags.user)).id);
        const bots = new Map(
          (
            await findUsers(
              db,
              keys.map((key) => key.userId),
            )
          ).map((bot) => [bot.id, bot.username]),
        );
        const rows = keys.map((key) => factsOf(key, bots.get(key.userId) ?? key.userId));
        const columns = ['id', 'user', 'name', 'scopes', 'created', 'lastUsed', 'expires'];
        writeRows(terminal, rows, { json: flags.json === true, columns });
      }),
    );
  command
    .command('revoke')
    .description('end a key; its sockets are cut')
    .argument('<id>', 'id of the key, as `key list` shows it')
    .option('--json', 'as JSON')
    .action((id: string, flags: { json?: true }) =>
      withAccounts(terminal, async ({ keys }) => {
        if (!/^[0-9a-f-]{36}$/.test(id)) {
          throw new AppError('not_found', 'unable to end the key; there is none with this id');
        }
        await keys.revoke(OPERATOR, id);
        writeFacts(terminal, { revoked: id }, flags.json === true);
      }),
    );
  return command;
}

function factsOf(key: ApiKeyView, user: string) {
  return {
    id: key.id,
    user,
    name: key.name,
    scopes: key.scopes,
    created: new Date(key.createdAt),
    lastUsed: key.lastUsedAt === null ? null : new Date(key.lastUsedAt),
    expires: key.expiresAt === null ? null : new Date(key.expiresAt),
  };
}
