import { getAuthInfo, ParleyError, signIn, signUp } from '@parley/client';
import type { SavedSession, SessionFile } from './session-file.ts';
import { ask, type TerminalStreams } from './terminal.ts';

export interface AccountOptions {
  readonly url: string;
  readonly token: string | undefined;
  readonly user: string | undefined;
  readonly invitation: string | undefined;
  /** False where nobody can be asked. */
  readonly canAsk: boolean;
}

export interface Account {
  readonly token: string;
  /** What names this sign-in's outbox: the user name, or the token where only that is known. */
  readonly owner: string;
  /** True when the token came from the file, so that a refusal means: sign in again. */
  readonly isRemembered: boolean;
}

const MAX_TRIES = 3;

/** Finds out who is chatting: by the token given, by the sign-in remembered, or by asking. */
export async function openAccount(
  options: AccountOptions,
  sessions: SessionFile,
  streams: TerminalStreams,
): Promise<Account> {
  if (options.token !== undefined) return { token: options.token, owner: options.token, isRemembered: false };
  const saved = options.invitation === undefined ? await sessions.load(options.url, Date.now()) : null;
  if (saved !== null && (options.user === undefined || options.user === saved.username)) {
    return { token: saved.token, owner: saved.username, isRemembered: true };
  }
  if (!options.canAsk) {
    throw new ParleyError(
      'unauthenticated',
      'unable to chat; not signed in, run `parley chat` in a terminal or give --token',
    );
  }
  const session = await askWho(options, streams);
  await sessions.save(options.url, session);
  return { token: session.token, owner: session.username, isRemembered: false };
}

async function askWho(options: AccountOptions, streams: TerminalStreams): Promise<SavedSession> {
  const info = await getAuthInfo(options.url);
  streams.output.write(`${info.name} at ${options.url}\n`);
  if (!info.hasOwner) {
    throw new ParleyError(
      'unauthenticated',
      'unable to sign in; nobody owns this server yet, open the address that it printed when it started',
    );
  }
  const isNew = options.invitation !== undefined;
  for (let tries = 1; ; tries++) {
    const username = options.user ?? (await ask(streams, 'User name: '));
    const password = await ask(streams, isNew ? 'New password: ' : 'Password: ', true);
    try {
      const signedIn = isNew
        ? await signUp(options.url, { username, password, invitation: options.invitation })
        : await signIn(options.url, { username, password });
      return { token: signedIn.token, username: signedIn.user.username, expiresAt: signedIn.expiresAt };
    } catch (error) {
      const isWrong =
        error instanceof ParleyError && ['bad_credentials', 'bad_request', 'conflict'].includes(error.code);
      if (!isWrong || tries >= MAX_TRIES) throw error;
      streams.output.write(`${error.message}\n`);
    }
  }
}
