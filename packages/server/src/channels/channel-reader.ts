import {
  type ChannelId,
  channelId as channelIdSchema,
  type InputOf,
  isCleanText,
  type JoinedChannel,
  type MembershipView,
  type OutputOf,
  type Role,
  type UserId,
  type UserView,
} from '@parley/protocol';
import type { Fanout } from '../fanout/fanout.ts';
import { AppError } from '../lib/app-error.ts';
import { makeCursor, readCursor } from '../lib/cursor.ts';
import type { Database } from '../storage/postgres.ts';
import { userView } from '../users/user-store.ts';
import { channelView, memberView } from './channel-rows.ts';
import { browseChannels, readChannel, readMembership, readOwnChannels } from './channel-store.ts';
import { accessOf, readGranted } from './granted.ts';
import { listMembers, type MemberPageRow, setNotify } from './membership-store.ts';
import { demandMembership } from './permissions.ts';

/** What one can read of channels, and the one setting of one's own place that concerns nobody else. */
export class ChannelReader {
  readonly #db: Database;
  readonly #fanout: Fanout;

  constructor(db: Database, fanout: Fanout) {
    this.#db = db;
    this.#fanout = fanout;
  }

  /** The caller's channels and the threads he follows, with what is unread in each. */
  list(userId: UserId): Promise<JoinedChannel[]> {
    return readOwnChannels(this.#db, userId);
  }

  get(userId: UserId, channelId: ChannelId): Promise<OutputOf<'channel.get'>> {
    return readGranted(this.#db, { userId, channelId, action: 'channel.read' }, async (tx) => ({
      channel: channelView(await readChannel(tx, channelId)),
      membership: await readMembership(tx, userId, channelId),
    }));
  }

  /** Public channels by name; guests of the server see only what they were let into, so nothing here. */
  async browse(serverRole: Role, input: InputOf<'channel.browse'>): Promise<OutputOf<'channel.browse'>> {
    const place = input.cursor === undefined ? null : readCursor('browse', input.cursor, 2);
    if (serverRole === 'guest') return { channels: [], nextCursor: null };
    const [name, id] = place ?? [];
    const after = name === undefined || id === undefined ? null : { name, id: demandId(id) };
    const rows = await browseChannels(this.#db, { prefix: prefixOf(input.query), after, limit: input.limit + 1 });
    const page = rows.slice(0, input.limit);
    const last = page[page.length - 1];
    const isMore = rows.length > page.length && last !== undefined;
    return {
      channels: page.map(channelView),
      nextCursor: isMore ? makeCursor('browse', [last.sortName, last.id]) : null,
    };
  }

  /** Members by user name, with the users themselves and the rev at which the list is true. */
  async members(userId: UserId, input: InputOf<'member.list'>): Promise<OutputOf<'member.list'>> {
    const { channelId, limit } = input;
    const list = `members:${channelId}`;
    const [after = null] = input.cursor === undefined ? [] : readCursor(list, input.cursor, 1);
    return await readGranted(this.#db, { userId, channelId, action: 'channel.read' }, async (tx) => {
      const rows = await listMembers(tx, { channelId, prefix: prefixOf(input.query), after, limit: limit + 1 });
      const page = rows.slice(0, limit);
      const last = page[page.length - 1];
      const { rev, memberCount } = channelView(await readChannel(tx, channelId));
      const isMore = rows.length > page.length && last !== undefined;
      const nextCursor = isMore ? makeCursor(list, [last.username]) : null;
      return { members: page.map(memberView), users: page.map(userOf), rev, memberCount, nextCursor };
    });
  }

  /** Chooses what of a channel asks for the caller's attention, and tells his other devices. */
  async notify(userId: UserId, input: InputOf<'channel.notify'>): Promise<MembershipView> {
    const { channelId, notify } = input;
    demandMembership(await accessOf(this.#db, userId, channelId), 'choose notifications');
    const isStored = await setNotify(this.#db, channelId, userId, notify);
    const membership = isStored ? await readMembership(this.#db, userId, channelId) : null;
    if (membership === null) {
      throw new AppError('not_found', 'unable to choose notifications; the caller is not in the channel');
    }
    this.#fanout.user({ kind: 'joined', userId, channelId });
    return membership;
  }
}

/** A search text that PostgreSQL cannot take matches nothing; the caller is told rather than shown an empty list. */
function prefixOf(text = ''): string {
  if (!isCleanText(text)) throw new AppError('bad_text', 'unable to search; the text is not one that can be stored');
  return text.normalize('NFC');
}

function demandId(id: string): ChannelId {
  const parsed = channelIdSchema.safeParse(id);
  if (!parsed.success) throw new AppError('bad_cursor', 'unable to read the cursor; it does not belong to this list');
  return parsed.data;
}

function userOf(row: MemberPageRow): UserView {
  const { userId: id, username, displayName, kind, serverRole: role, isDeactivated: deactivated } = row;
  return userView({ id, username, displayName, kind, role, deactivated });
}
