import { sendOperatorNotice } from '../fanout/operator-notices.ts';
import { AppError } from '../lib/app-error.ts';
import { systemClock } from '../lib/clock.ts';
import type { AccountNotice, TellAccount } from '../users/account-notice.ts';
import { Accounts } from '../users/accounts.ts';
import { ApiKeys } from '../users/api-keys.ts';
import { PasswordHasher } from '../users/passwords.ts';
import { SignIn } from '../users/sign-in.ts';
import { type CredentialRow, findUserByName } from '../users/user-store.ts';
import type { Terminal } from './terminal.ts';
import { type CliDatabase, withDatabase } from './with-database.ts';

const DAY_MS = 86_400_000;

/** Who orders what is done at the command line: whoever can reach the database may do all. */
export const OPERATOR = { userId: null, address: null } as const;
/** Where sessions come from that are made at the command line. */
export const CLI_ORIGIN = { address: 'local', userAgent: 'command line' } as const;

/** The rooms of accounts for one command. */
export interface AccountTools extends CliDatabase {
  readonly accounts: Accounts;
  readonly keys: ApiKeys;
  readonly signIn: SignIn;
  /** The user of this name; throws `not_found`. */
  readonly userOf: (username: string) => Promise<CredentialRow>;
  readonly tell: TellAccount;
}

/** Runs a command with the rooms of accounts. Running servers hear of what it revoked before it returns. */
export function withAccounts<Result>(
  terminal: Terminal,
  work: (tools: AccountTools) => Promise<Result>,
): Promise<Result> {
  return withDatabase(terminal, async ({ db, config }) => {
    const clock = systemClock;
    const hasher = new PasswordHasher();
    const told: AccountNotice[] = [];
    const tell = (notice: AccountNotice) => void told.push(notice);
    const result = await work({
      db,
      config,
      tell,
      accounts: new Accounts({ db, clock, hasher, tell }),
      keys: new ApiKeys({ db, clock, tell }),
      signIn: new SignIn({
        db,
        clock,
        hasher,
        tell,
        signUp: config.signUp,
        sessionMs: config.sessionDays * DAY_MS,
        enterChannel: () => Promise.resolve(),
      }),
      userOf: async (username) => {
        const user = await findUserByName(db, username.toLowerCase());
        if (user === null) throw new AppError('not_found', `unable to find the user; nobody is called ${username}`);
        return user;
      },
    });
    for (const notice of told) await sendOperatorNotice(db, notice);
    return result;
  });
}
