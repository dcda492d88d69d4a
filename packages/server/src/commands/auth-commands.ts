import { demandVerdict } from '../rate-limit/rate-limiter.ts';
import type { Handlers } from './handler.ts';
import type { UserRooms } from './user-rooms.ts';

type AuthHandlers = Pick<
  Handlers,
  'auth.info' | 'auth.claim_owner' | 'auth.sign_up' | 'auth.sign_in' | 'auth.sign_out'
>;

/** The ways in, and out again. */
export function authHandlers({ directory, sessions, signIn, limiter, server }: UserRooms): AuthHandlers {
  return {
    'auth.info': async () => ({
      name: server.name,
      hasOwner: await directory.hasOwner(),
      signUp: server.signUp,
      version: server.version,
    }),
    'auth.claim_owner': ({ ownerToken, ...account }, { origin }) => signIn.asOwner(account, ownerToken, origin),
    'auth.sign_up': ({ invitation, ...account }, { origin }) => signIn.withInvitation(account, invitation, origin),
    'auth.sign_in': async ({ username, password }, { origin }) => {
      // Per account as well as per address: guesses may come from everywhere at once. Names that nobody has count the same.
      demandVerdict(await limiter.take('signIn', `account:${username.toLowerCase()}`), 'sign in');
      return signIn.withPassword(username, password, origin);
    },
    'auth.sign_out': async (_input, { actor }) => {
      await sessions.signOut(actor);
      return {};
    },
  };
}
