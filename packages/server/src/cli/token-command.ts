import { Command } from 'commander';
import { record } from '../audit/audit.ts';
import { AppError } from '../lib/app-error.ts';
import { deleteSession, listSessions, readSessions } from '../users/session-store.ts';
import { CLI_ORIGIN, OPERATOR, withAccounts } from './account-tools.ts';
import { readDays, readUsername } from './options.ts';
import { processTerminal, type Terminal, writeFacts, writeRows } from './terminal.ts';

const DAY_MS = 86_400_000;

/** `parley token create|list|revoke`: session tokens of people, for scripts and for letting somebody in again. */
export function tokenCommand(terminal: Terminal = processTerminal): Command {
  const command = new Command('token').description('Manage the session tokens of people');
  command
    .command('create')
    .description('make a session token, printed once')
    .requiredOption('--user <username>', 'whose session', readUsername)
    .option('--days <n>', 'how long it lasts when it is not used (PARLEY_SESSION_DAYS)', readDays)
    .option('--json', 'as JSON')
    .action((flags: { user: string; days?: number; json?: true }) =>
      withAccounts(terminal, async ({ signIn, userOf, config }) => {
        const user = await userOf(flags.user);
        if (user.kind === 'bot') throw new AppError('conflict', 'unable to make a token; bots use `parley key create`');
        if (user.isHostUser) {
          throw new AppError('conflict', 'unable to make a token; the host application signs this user in');
        }
        const days = flags.days ?? config.sessionDays;
        const { token, expiresAt } = await signIn.startSession(user, CLI_ORIGIN, days * DAY_MS);
        const facts = { user: user.username, token, expires: new Date(expiresAt) };
        writeFacts(terminal, facts, flags.json === true);
      }),
    );
  command
    .command('list')
    .description('list the sessions of a user')
    .requiredOption('--user <username>', 'whose sessions', readUsername)
    .option('--json', 'as JSON')
    .action((flags: { user: string; json?: true }) =>
      withAccounts(terminal, async ({ db, userOf }) => {
        const sessions = await listSessions(db, (await userOf(flags.user)).id, Date.now());
        const rows = sessions.map((session) => ({
          id: session.id,
          created: new Date(session.createdAt),
          lastSeen: new Date(session.lastSeenAt),
          expires: new Date(session.expiresAt),
          address: session.address,
          agent: session.userAgent,
        }));
        const columns = ['id', 'created', 'lastSeen', 'expires', 'address', 'agent'];
        writeRows(terminal, rows, { json: flags.json === true, columns });
      }),
    );
  command
    .command('revoke')
    .description('end a session; its sockets are cut')
    .argument('<id>', 'id of the session, as `token list` shows it')
    .option('--json', 'as JSON')
    .action((id: string, flags: { json?: true }) =>
      withAccounts(terminal, async ({ db, tell }) => {
        const [session] = /^[0-9a-f-]{36}$/.test(id) ? await readSessions(db, [id]) : [];
        if (session === undefined || !(await deleteSession(db, session.id, id))) {
          throw new AppError('not_found', 'unable to end the session; there is none with this id');
        }
        await record(db, { ...OPERATOR, actorId: null, action: 'auth.session_revoked', target: id });
        tell({ kind: 'cut', userId: session.id, reason: 'revoked', sessionId: id });
        writeFacts(terminal, { revoked: id, user: session.username }, flags.json === true);
      }),
    );
  return command;
}
