import type { ChannelId, Role, UserId } from '@parley/protocol';
import { LocalLimiter } from '../rate-limit/local-limiter.ts';
import type { Policies } from '../rate-limit/policy.ts';
import type { AccountNotice } from '../users/account-notice.ts';
import { Accounts } from '../users/accounts.ts';
import { ApiKeys } from '../users/api-keys.ts';
import { Authenticator } from '../users/authenticate.ts';
import type { HostJwt } from '../users/host-jwt.ts';
import { LastSeen } from '../users/last-seen.ts';
import { OwnSessions } from '../users/own-sessions.ts';
import { PasswordHasher } from '../users/passwords.ts';
import { SignIn } from '../users/sign-in.ts';
import { UserDirectory } from '../users/user-directory.ts';
import { FakeClock } from './fake-clock.ts';
import type { MigratedDatabase } from './migrated-database.ts';

const DAY_MS = 86_400_000;
const WIDE = { limit: 1_000_000, windowMs: 1_000 };

/** Limits that no test reaches by accident. */
export const WIDE_POLICIES: Policies = {
  message: WIDE,
  channelCreation: WIDE,
  join: WIDE,
  signIn: WIDE,
  signUp: WIDE,
  search: WIDE,
  upload: WIDE,
  change: WIDE,
  read: WIDE,
  signal: WIDE,
  connect: WIDE,
};

export interface TestAccountsOptions {
  readonly signUp?: 'open' | 'invitation';
  readonly hostJwt?: HostJwt | null;
  readonly policies?: Partial<Policies>;
}

/** Where requests of tests come from. */
export const TEST_ORIGIN = { address: '192.0.2.1', userAgent: 'test' };

/** The rooms of accounts on a real database, with a clock of the test's own; what sockets would be told is kept. */
export function testAccounts(database: MigratedDatabase, options: TestAccountsOptions = {}) {
  const { db } = database;
  const clock = new FakeClock();
  const notices: AccountNotice[] = [];
  const entered: { userId: UserId; channelId: ChannelId; role: Role }[] = [];
  const tell = (notice: AccountNotice) => void notices.push(notice);
  const hasher = new PasswordHasher();
  const sessionMs = 90 * DAY_MS;
  const lastSeen = new LastSeen({
    db,
    clock,
    sessionMs,
    onFault: (error) => {
      throw error;
    },
  });
  const signUp = options.signUp ?? 'invitation';
  const signIn = new SignIn({
    db,
    clock,
    hasher,
    tell,
    signUp,
    sessionMs,
    enterChannel: (userId, { channelId, role }) => Promise.resolve(void entered.push({ userId, channelId, role })),
  });
  const limiter = new LocalLimiter({ ...WIDE_POLICIES, ...options.policies }, clock);
  return {
    db,
    clock,
    hasher,
    limiter,
    signIn,
    lastSeen,
    tell,
    notices,
    entered,
    accounts: new Accounts({ db, clock, hasher, tell }),
    keys: new ApiKeys({ db, clock, tell }),
    sessions: new OwnSessions({ db, clock, tell }),
    directory: new UserDirectory(db),
    authenticator: new Authenticator({ db, clock, lastSeen, hostJwt: options.hostJwt ?? null }),
    server: { name: 'Test', version: '0.0.0', signUp },
  };
}
