import type { Account, Rooms } from '@parley/load-test';
import { type ChannelId, type InputOf, makeUuid, type SessionId, type UserId } from '@parley/protocol';
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

/** What makes a room for its owner and the others. */
export type OpenRoom = (owner: Account, room: InputOf<'channel.create'>) => Promise<ChannelId>;

/**
 * Makes people and rooms for a trial straight in the database, or the rooms as `openRoom` does: nobody knows of them but who is given them.
 * The first owns the rooms; bots may say more in a minute.
 */
export async function makeParty(
  db: Database,
  size: number,
  name: string,
  kind: 'human' | 'bot' = 'human',
  openRoom: OpenRoom = inDatabase(db),
): Promise<Party> {
  const accounts: Account[] = [];
  for (let index = 0; index < size; index++) accounts.push(await makeAccount(db, `${name}-${index}`, kind));
  const [owner, ...others] = accounts;
  if (owner === undefined) throw new Error('a party needs people');
  const open = (kind: 'public' | 'private'): Promise<ChannelId> =>
    openRoom(owner, { kind, name: `${name} ${kind}`, memberIds: others.map(({ id }) => id) });
  return { accounts, rooms: { hall: await open('public'), club: await open('private') } };
}

/** Nobody is connected yet who would have to be told. */
function inDatabase(db: Database): OpenRoom {
  const creation = new ChannelCreation(db, new Fanout(new MemoryBus()));
  return async ({ id }, room) => (await creation.create({ userId: id, serverRole: 'member' }, room)).channel.id;
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
