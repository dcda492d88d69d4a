import { demandVerdict } from '../rate-limit/rate-limiter.ts';
import type { Handlers } from './handler.ts';
import type { UserRooms } from './user-rooms.ts';

type MeHandlers = Pick<Handlers, 'me.get' | 'me.update' | 'session.list' | 'session.revoke'>;

/** The caller's own account and sign-ins. */
export function meHandlers({ accounts, directory, limiter, sessions }: UserRooms): MeHandlers {
  return {
    'me.get': (_input, { actor }) => directory.findOwn(actor.userId),
    'me.update': async ({ displayName, password, currentPassword, hideReceipts }, { actor }) => {
      const { userId, address, credentialId } = actor;
      if (password !== undefined) {
        // Or a borrowed session could guess the password without end.
        demandVerdict(await limiter.take('signIn', `password:${userId}`), 'change the password');
        await accounts.changePassword({ userId, address, credentialId }, currentPassword, password);
      }
      if (hideReceipts !== undefined) await accounts.hideReceipts({ userId, address }, hideReceipts);
      if (displayName !== undefined) await accounts.rename({ userId, address }, displayName);
      return directory.findOwn(userId);
    },
    'session.list': async (_input, { actor }) => ({ sessions: await sessions.list(actor) }),
    'session.revoke': async ({ sessionId }, { actor }) => {
      await sessions.revoke(actor, sessionId);
      return {};
    },
  };
}
