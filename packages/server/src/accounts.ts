import type { Config } from './config/settings.ts';
import type { Clock, Timer } from './lib/clock.ts';
import type { Database } from './storage/postgres.ts';
import type { TellAccount } from './users/account-notice.ts';
import { Accounts } from './users/accounts.ts';
import { ApiKeys } from './users/api-keys.ts';
import { Authenticator } from './users/authenticate.ts';
import { createHostJwt } from './users/host-jwt.ts';
import { LastSeen } from './users/last-seen.ts';
import { OwnSessions } from './users/own-sessions.ts';
import { PasswordHasher } from './users/passwords.ts';
import { SignIn, type SignInPorts } from './users/sign-in.ts';
import { startUpkeep } from './users/upkeep.ts';
import { UserDirectory } from './users/user-directory.ts';

const DAY_MS = 86_400_000;

export interface AccountsPorts {
  readonly config: Config;
  readonly db: Database;
  readonly clock: Clock;
  tell: TellAccount;
  readonly onFault: (error: unknown) => void;
}

/** Everything about who somebody is, put together. */
export interface AccountRooms {
  readonly accounts: Accounts;
  readonly keys: ApiKeys;
  readonly sessions: OwnSessions;
  readonly directory: UserDirectory;
  readonly authenticator: Authenticator;
  /** Ways in; made apart because an invitation leads into a channel, and channels know users. */
  signIn(ways: Pick<SignInPorts, 'enterChannel' | 'welcome'>): SignIn;
  close(): Promise<void>;
}

/** Builds the users room. */
export function buildAccounts({ config, db, clock, tell, onFault }: AccountsPorts): AccountRooms {
  const sessionMs = config.sessionDays * DAY_MS;
  const lastSeen = new LastSeen({ db, clock, sessionMs, onFault });
  const hasher = new PasswordHasher();
  hasher.warmUp().catch(onFault);
  const hostJwt = createHostJwt({
    secret: config.jwtSecret,
    publicKey: config.jwtPublicKey,
    jwksUrl: config.jwtJwksUrl,
    algorithms: config.jwtAlgorithms,
    audience: config.jwtAudience,
    issuer: config.jwtIssuer,
  });
  const upkeep: Timer = startUpkeep({ db, clock, onFault });
  return {
    accounts: new Accounts({ db, clock, hasher, tell }),
    keys: new ApiKeys({ db, clock, tell }),
    sessions: new OwnSessions({ db, clock, tell }),
    directory: new UserDirectory(db),
    authenticator: new Authenticator({ db, clock, lastSeen, hostJwt }),
    signIn: (ways) => new SignIn({ db, clock, hasher, tell, signUp: config.signUp, sessionMs, ...ways }),
    async close() {
      upkeep.cancel();
      await lastSeen.close();
    },
  };
}
