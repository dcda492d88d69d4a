import { randomBytes } from 'node:crypto';
import { LIMITS, type Role } from '@parley/protocol';
import { Command } from 'commander';
import { AppError } from '../lib/app-error.ts';
import { listUsers } from '../users/user-directory-store.ts';
import type { UserRow } from '../users/user-store.ts';
import { OPERATOR, withAccounts } from './account-tools.ts';
import { readName, readRole, readUsername } from './options.ts';
import { processTerminal, type Terminal, writeFacts, writeRows } from './terminal.ts';

/** Users read at a time. */
const PAGE = 1_000;

interface JsonFlag {
  readonly json?: true;
}

/** `parley user list|create|role|deactivate|activate|password`. */
export function userCommand(terminal: Terminal = processTerminal): Command {
  const command = new Command('user').description('Manage the people and bots of this server');
  addList(command, terminal);
  addCreate(command, terminal);
  addRole(command, terminal);
  addActivity(command, terminal);
  addPassword(command, terminal);
  return command;
}

function addList(command: Command, terminal: Terminal): void {
  command
    .command('list')
    .description('list users by user name')
    .option('--query <text>', 'only those whose user name or name starts so')
    .option('--json', 'as JSON')
    .action((flags: JsonFlag & { query?: string }) =>
      withAccounts(terminal, async ({ db }) => {
        const users: UserRow[] = [];
        for (;;) {
          const page = await listUsers(db, null, { query: flags.query, after: users.at(-1)?.username, limit: PAGE });
          users.push(...page);
          if (page.length < PAGE) break;
        }
        writeRows(terminal, users.map(factsOf), {
          json: flags.json === true,
          columns: ['username', 'name', 'role', 'kind', 'deactivated', 'id'],
        });
      }),
    );
}

function addCreate(command: Command, terminal: Terminal): void {
  command
    .command('create')
    .description('make a user; without a given password one is made and printed')
    .argument('<username>', '2 to 32 of a-z 0-9 . _ -', readUsername)
    .option('--name <name>', 'display name', readName)
    .option('--role <role>', 'owner, admin, member or guest', readRole, 'member')
    .option('--bot', 'a bot, which uses API keys in place of a password')
    .option('--password-stdin', 'read the password from standard input')
    .option('--json', 'as JSON')
    .action((username: string, flags: JsonFlag & { name?: string; role: Role; bot?: true; passwordStdin?: true }) =>
      withAccounts(terminal, async ({ accounts }) => {
        const password = flags.bot === true ? undefined : await passwordFrom(terminal, flags);
        const user = await accounts.create(OPERATOR, {
          username,
          displayName: flags.name,
          password: password?.text,
          kind: flags.bot === true ? 'bot' : 'human',
          role: flags.role,
        });
        writeFacts(terminal, { ...factsOf(user), ...shownPassword(password) }, flags.json === true);
      }),
    );
}

function addRole(command: Command, terminal: Terminal): void {
  command
    .command('role')
    .description('give a user another role; open sockets follow at once')
    .argument('<username>', 'user name', readUsername)
    .argument('<role>', 'owner, admin, member or guest', readRole)
    .option('--json', 'as JSON')
    .action((username: string, role: Role, flags: JsonFlag) =>
      withAccounts(terminal, async ({ accounts, userOf }) => {
        const user = await accounts.update(OPERATOR, (await userOf(username)).id, { role });
        writeFacts(terminal, factsOf(user), flags.json === true);
      }),
    );
}

function addActivity(command: Command, terminal: Terminal): void {
  const add = (verb: string, description: string, deactivated: boolean) =>
    command
      .command(verb)
      .description(description)
      .argument('<username>', 'user name', readUsername)
      .option('--json', 'as JSON')
      .action((username: string, flags: JsonFlag) =>
        withAccounts(terminal, async ({ accounts, userOf }) => {
          const user = await accounts.update(OPERATOR, (await userOf(username)).id, { deactivated });
          writeFacts(terminal, factsOf(user), flags.json === true);
        }),
      );
  add('deactivate', 'close an account; all its sessions and sockets end', true);
  add('activate', 'open a closed account again', false);
}

function addPassword(command: Command, terminal: Terminal): void {
  command
    .command('password')
    .description('set a new password, printed unless given; all sessions of the user end')
    .argument('<username>', 'user name', readUsername)
    .option('--password-stdin', 'read the password from standard input')
    .option('--json', 'as JSON')
    .action((username: string, flags: JsonFlag & { passwordStdin?: true }) =>
      withAccounts(terminal, async ({ accounts, userOf }) => {
        const user = await userOf(username);
        const password = await passwordFrom(terminal, flags);
        await accounts.update(OPERATOR, user.id, { password: password.text });
        writeFacts(terminal, { username: user.username, ...shownPassword(password) }, flags.json === true);
      }),
    );
}

interface ChosenPassword {
  readonly text: string;
  readonly isMade: boolean;
}

async function passwordFrom(terminal: Terminal, flags: { passwordStdin?: true }): Promise<ChosenPassword> {
  if (flags.passwordStdin !== true) return { text: randomBytes(15).toString('base64url'), isMade: true };
  const text = (await terminal.readInput()).replace(/\r?\n$/, '');
  if (text.length < LIMITS.passwordMinLength || text.length > LIMITS.passwordMaxLength) {
    const { passwordMinLength: least, passwordMaxLength: most } = LIMITS;
    throw new AppError('bad_request', `unable to set the password; it needs ${least} to ${most} characters`);
  }
  return { text, isMade: false };
}

function shownPassword(password: ChosenPassword | undefined): { password?: string } {
  return password?.isMade === true ? { password: password.text } : {};
}

function factsOf({ username, displayName, role, kind, deactivated, id }: UserRow) {
  return { username, name: displayName, role, kind, deactivated, id };
}
