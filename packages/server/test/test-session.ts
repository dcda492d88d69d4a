import type { UserId } from '@parley/protocol';
import type { Actor } from '../src/commands/handler.ts';
import type { Outbox } from '../src/outbox/outbox.ts';
import { Session } from '../src/session/session.ts';

/** Somebody with a session. */
export const ANN: Actor = {
  userId: 'ann' as UserId,
  serverRole: 'member',
  kind: 'human',
  credentialId: 'one',
  credential: 'session',
  scopes: null,
  address: '',
  expiresAt: null,
};

/** A session of hers on a socket that does nothing. */
export function testSession(outbox: Outbox, onEnd: (session: Session) => void = () => {}): Session {
  const session = new Session({
    socket: { close: () => {}, terminate: () => {}, pause: () => {}, resume: () => {} },
    outbox,
    address: '',
    userAgent: '',
    headerToken: null,
    nowS: 0,
    onEnd,
  });
  session.actor = ANN;
  return session;
}
