import type { Account, Rooms } from '@parley/load-test';
import { type ChannelId, makeUuid, type SessionId, type UserId } from '@parley/protocol';
import { ChannelCreation } from '../../channels/channel-creation.ts';
import { Fanout } from '../../fanout/fanout.ts';
import { MemoryBus } from '../../fanout/memory-bus.ts';
import { type Database, query } from '../../storage/postgres.ts';
import { insertSession } from '../../users/session-store.ts';
import { hashToken, makeToken } from '../../users/tokens.ts';
import { CLI_ORIGIN } from '../account-tools.ts';

/** Somebody to talk, and rooms to talk in. */
export interface Party {
  readonly accounts: readonly Account[];
  readonly rooms: Rooms;
}

/** Longer than any campaign. */
const SESSION_MS = 7 * 86_400_000;

/** Makes people and rooms for a trial straight in the database: nobody knows of them but who is given them. The first owns the rooms; bots may say more in a minute. */
export async function makeParty(
  db: Database,
  size: number,
  name: string,
  kind: 'human' | 'bot' = 'human',
): Promise<Party> {
  const accounts: Account[] = [];
  for (let index = 0; index < size; index++) accounts.push(await makeAccount(db, `${name}-${index}`, kind));
  const [owner, ...others] = accounts;
  if (owner === undefined) throw new Error('a party needs people');
  // Nobody is connected yet who would have to be told.
  const creation = new ChannelCreation(db, new Fanout(new MemoryBus()));
  const open = async (kind: 'public' | 'private'): Promise<ChannelId> => {
    const input = { kind, name: `${name} ${kind}`, memberIds: others.map(({ id }) => id) };
    return (await creation.create({ userId: owner.id, serverRole: 'member' }, input)).channel.id;
  };
  return { accounts, rooms: { hall: await open('public'), club: await open('private') } };
}

async function makeAccount(db: Database, username: string, kind: 'human' | 'bot'): Promise<Account> {
  const id = makeUuid() as UserId;
  const token = makeToken('session');
  const nowMs = Date.now();
  await query(db, `INSERT INTO users (id, username, display_name, role, kind) VALUES ($1, $2, $2, 'member', $3)`, [
    id,
    username,
    kind,
  ]);
  await insertSession(db, {
    ...CLI_ORIGIN,
    id: makeUuid() as SessionId,
    userId: id,
    tokenHash: hashToken(token),
    nowMs,
    expiresAtMs: nowMs + SESSION_MS,
  });
  return { id, token };
}
