import type { Random } from '@parley/load-test';
import { type ChannelId, makeUuid, type UserId } from '@parley/protocol';
import type { DatabaseServer } from './database/database-server.ts';
import type { Place, Row, TableName } from './database/store.ts';
import { START_MS } from './node-clock.ts';

/** Who and what is there when a run begins. */
export interface Population {
  readonly users: readonly UserId[];
  readonly channels: readonly ChannelId[];
}

/** Fills an empty database: every user is in every channel, and the first one owns them all. */
export function populate(
  database: DatabaseServer,
  random: Random,
  counts: { readonly users: number; readonly channels: number },
): Population {
  const makeId = () => makeUuid(START_MS - 1_000, random.fill);
  const users = Array.from({ length: counts.users }, () => makeId() as UserId);
  const channels = Array.from({ length: counts.channels }, () => makeId() as ChannelId);
  const writes = new Map<string, { place: Place; row: Row }>();
  const put = (table: TableName, key: string, row: Row): void => {
    writes.set(`${table} ${key}`, { place: { table, key }, row });
  };
  users.forEach((id, index) => {
    put('users', id, userRow(id, index));
  });
  channels.forEach((id, index) => {
    put('channels', id, channelRow(id, index, users));
    users.forEach((userId, place) => {
      put('channel_members', `${id} ${userId}`, memberRow(id, userId, place));
    });
  });
  database.store.commit(writes);
  return { users, channels };
}

export function userRow(id: string, index: number): Row {
  const name = `user${index}`;
  return { id, username: name, display_name: name, kind: 'human', role: 'member', deactivated_at: null };
}

export function channelRow(id: string, index: number, users: readonly string[]): Row {
  return {
    id,
    kind: index % 3 === 2 ? 'public' : 'private',
    name: `channel${index}`,
    topic: '',
    root_id: id,
    root_seq: null,
    direct_key: null,
    last_seq: 0,
    last_rev: 1,
    access_rev: 1,
    member_count: users.length,
    max_members: null,
    permissions: {},
    created_by: users[0] ?? null,
    created_at: START_MS - 1_000,
    archived_at: null,
  };
}

function memberRow(channelId: string, userId: string, place: number): Row {
  return {
    channel_id: channelId,
    user_id: userId,
    role: place === 0 ? 'owner' : place === 1 ? 'admin' : 'member',
    joined_seq: 0,
    delivered_seq: 0,
    read_seq: 0,
    marked_seq: null,
    notify: 'all',
    rev: 1,
    joined_at: START_MS - 1_000,
    joined_access: 0,
    left_at: null,
  };
}
