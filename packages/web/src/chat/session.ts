import type { SignedIn, UserId } from '@parley/protocol';
import { readSetting, watchSetting, writeSetting } from '../lib/settings.ts';
import { createStore } from '../lib/store.ts';

/** Who is signed in here. */
export interface Session {
  readonly token: string;
  readonly userId: UserId;
}

/** The session of this browser; null when nobody is signed in. All tabs share it. */
export const session = createStore<Session | null>(readSession(readSetting('session')));

/** Keeps a new session, for the next visits too. */
export function startSession({ token, user }: SignedIn): void {
  const started: Session = { token, userId: user.id };
  writeSetting('session', JSON.stringify(started));
  session.set(started);
}

/** Forgets the session here. Ending it on the server is another thing. */
export function forgetSession(): void {
  writeSetting('session', null);
  session.set(null);
}

/** Follows what other tabs do: a sign-out in one is a sign-out in all. */
export function followOtherTabs(): () => void {
  return watchSetting('session', (value) => session.set(readSession(value)));
}

function readSession(value: string | null): Session | null {
  if (value === null) return null;
  try {
    const { token, userId } = JSON.parse(value) as Partial<Session>;
    return typeof token === 'string' && typeof userId === 'string' ? { token, userId } : null;
  } catch {
    return null;
  }
}
