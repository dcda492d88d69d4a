import type { RateLimiter } from '../rate-limit/rate-limiter.ts';
import type { Accounts } from '../users/accounts.ts';
import type { ApiKeys } from '../users/api-keys.ts';
import type { OwnSessions } from '../users/own-sessions.ts';
import type { SignIn } from '../users/sign-in.ts';
import type { UserDirectory } from '../users/user-directory.ts';

/** What the handlers of accounts work with. */
export interface UserRooms {
  readonly limiter: RateLimiter;
  readonly accounts: Accounts;
  readonly keys: ApiKeys;
  readonly signIn: SignIn;
  readonly sessions: OwnSessions;
  readonly directory: UserDirectory;
  readonly server: {
    readonly name: string;
    readonly version: string;
    readonly signUp: 'open' | 'invitation';
  };
}
