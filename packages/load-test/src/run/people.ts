import { createHmac } from 'node:crypto';
import { ParleyError } from '@parley/client';
import type { UserId, UserView } from '@parley/protocol';
import { inParallel } from './in-parallel.ts';
import type { Rest } from './rest.ts';

const PREFIX = 'load-';
const KEY_NAME = 'load test';
const KEY_DAYS = 1;
/** Longer than any run, since a socket ends with its token. */
const JWT_HOURS = 12;
const LIST_PAGE = 200;

/** One user of a run, and what it signs in with. */
export interface Person {
  readonly id: UserId;
  readonly token: string;
}

/** The users of a run: made when they are needed, put away when it is over. */
export interface People {
  readonly persons: readonly Person[];
  putAway(onProgress: (done: number) => void): Promise<void>;
}

/**
 * Users by tokens that are signed as a host application would: one request each. They stay on the server afterwards, since
 * only its host application may speak for them.
 */
export async function hostPeople(
  rest: Rest,
  secret: string,
  count: number,
  onProgress: (done: number) => void,
): Promise<People> {
  const tokens = Array.from({ length: count }, (_, index) => signJwt(secret, `${PREFIX}${index + 1}`));
  const persons = await inParallel(
    tokens,
    async (token) => ({ id: (await rest.call(token, 'me.get', {})).id, token }),
    onProgress,
  );
  return { persons, putAway: async () => {} };
}

/** Bots with a key each, by the token of an admin; bots of earlier runs are taken again, and put to sleep when it is over. */
export async function botPeople(
  rest: Rest,
  token: string,
  count: number,
  onProgress: (done: number) => void,
): Promise<People> {
  const known = await knownBots(rest, token);
  const names = Array.from({ length: count }, (_, index) => `${PREFIX}${index + 1}`);
  const made = await inParallel(
    names,
    async (username) => {
      const bot = known.get(username) ?? (await makeBot(rest, token, username));
      if (bot.deactivated === true) await rest.call(token, 'user.update', { userId: bot.id, deactivated: false });
      const { key, secret } = await rest.call(token, 'key.create', {
        userId: bot.id,
        name: KEY_NAME,
        scopes: ['read', 'write', 'manage'],
        expiresInMs: KEY_DAYS * 86_400_000,
      });
      return { id: bot.id, token: secret, keyId: key.id };
    },
    onProgress,
  );
  return {
    persons: made,
    putAway: async (onPutAway) => {
      await inParallel(
        made,
        async ({ id, keyId }) => {
          await rest.call(token, 'key.revoke', { keyId });
          await rest.call(token, 'user.update', { userId: id, deactivated: true });
        },
        onPutAway,
      );
    },
  };
}

async function makeBot(rest: Rest, token: string, username: string): Promise<UserView> {
  try {
    return await rest.call(token, 'user.create', { username, displayName: `Load ${username}`, kind: 'bot' });
  } catch (error) {
    if (!(error instanceof ParleyError) || error.code !== 'forbidden') throw error;
    throw new ParleyError('forbidden', 'unable to make users; the token must be that of an owner or admin');
  }
}

async function knownBots(rest: Rest, token: string): Promise<Map<string, UserView>> {
  const known = new Map<string, UserView>();
  let cursor: string | undefined;
  do {
    const page = await rest.call(token, 'user.list', { query: PREFIX, limit: LIST_PAGE, cursor });
    for (const user of page.users) if (user.kind === 'bot') known.set(user.username, user);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return known;
}

function signJwt(secret: string, subject: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const expiresAt = Math.floor(Date.now() / 1_000) + JWT_HOURS * 3_600;
  const claims = { sub: subject, aud: 'parley', exp: expiresAt, name: subject, preferred_username: subject };
  const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
}
