import type { ChannelId, ChannelView, UserId } from '@parley/protocol';
import { channelView, membershipView } from '../channels/channel-rows.ts';
import { present } from '../lib/assert.ts';
import { batched } from '../lib/batched.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../storage/postgres.ts';
import type { Place } from './sync-source.ts';
import { readChannels, readPlacesOf, readRootIds } from './sync-store.ts';

/** Users for whom is read together, and how far apart: after an outage all come back at once. More would hold up the loop. */
const TOGETHER = { maxKeys: 50, maxRunning: 2, spacingMs: 10 };

/** What is read of a user's own channels, each time for all users who ask at the moment. */
export class OwnReads {
  readonly #rootIdsOf: (userId: UserId) => Promise<ChannelId[] | undefined>;
  readonly #placesOf: (userId: UserId) => Promise<Place[] | undefined>;
  readonly #viewsOf: (asked: AskedViews) => Promise<Map<ChannelId, ChannelView> | undefined>;
  #asked = 0;

  constructor(db: Database, clock: Clock) {
    const together = { ...TOGETHER, clock };
    const nameOf = (userId: UserId) => userId;
    this.#rootIdsOf = batched({ load: (userIds: readonly UserId[]) => rootIdsOf(db, userIds), nameOf, ...together });
    this.#placesOf = batched({ load: (userIds: readonly UserId[]) => placesOf(db, userIds), nameOf, ...together });
    this.#viewsOf = batched({
      load: (asked: readonly AskedViews[]) => viewsOf(db, asked),
      nameOf: (asked) => asked.name,
      ...together,
    });
  }

  async rootIds(userId: UserId): Promise<readonly ChannelId[]> {
    return (await this.#rootIdsOf(userId)) ?? [];
  }

  /** Threads after their roots. */
  async places(userId: UserId): Promise<readonly Place[]> {
    return (await this.#placesOf(userId)) ?? [];
  }

  /** Those of the root channels that the user is in. */
  async views(userId: UserId, channelIds: readonly ChannelId[]): Promise<ReadonlyMap<ChannelId, ChannelView>> {
    this.#asked += 1;
    return present(await this.#viewsOf({ name: `${this.#asked}`, userId, channelIds }), 'channels');
  }
}

async function rootIdsOf(db: Database, userIds: readonly UserId[]): Promise<Map<UserId, ChannelId[]>> {
  return new Map((await readRootIds(db, userIds)).map(({ userId, channelIds }) => [userId, channelIds]));
}

/** Root channels of a user; no two questions have the same name. */
interface AskedViews {
  readonly name: string;
  readonly userId: UserId;
  readonly channelIds: readonly ChannelId[];
}

/**
 * Those of the channels that each user is in, for many users at once. The channels are read before the access: what is shown is
 * never newer than the word that it may be seen.
 */
async function viewsOf(db: Database, asked: readonly AskedViews[]): Promise<Map<string, Map<ChannelId, ChannelView>>> {
  const ids = [...new Set(asked.flatMap(({ channelIds }) => channelIds))];
  const views = new Map((await readChannels(db, ids)).map((row) => [row.id, channelView(row)]));
  const userIds = [...new Set(asked.map(({ userId }) => userId))];
  const roots = new Map(
    (await readRootIds(db, userIds, ids)).map(({ userId, channelIds }) => [userId, new Set(channelIds)]),
  );
  return new Map(
    asked.map(({ name, userId, channelIds }) => {
      const own = channelIds.flatMap((id) => {
        const view = roots.get(userId)?.has(id) === true ? views.get(id) : undefined;
        return view === undefined ? [] : [[id, view] as const];
      });
      return [name, new Map(own)];
    }),
  );
}

/** The users share what is said of a channel, so that a channel costs once however many of its members come. */
async function placesOf(db: Database, userIds: readonly UserId[]): Promise<Map<UserId, Place[]>> {
  const { own, channels: rows } = await readPlacesOf(db, userIds);
  const channels = new Map(rows.map((row) => [row.id, { facts: row.facts, view: channelView(row) }]));
  const places = new Map<UserId, Place[]>();
  for (const row of own) {
    const { facts, view } = present(channels.get(row.channelId), 'channel');
    const membership = { ...membershipView(row), channelId: view.id };
    listIn(places, row.userId).push({ facts, role: row.role, joined: { channel: view, membership } });
  }
  for (const list of places.values()) list.sort((a, b) => Number(isThread(a)) - Number(isThread(b)));
  return places;
}

function isThread({ joined }: Place): boolean {
  return joined.channel.kind === 'thread';
}

/** The list of a key, made where there is none yet. */
export function listIn<Key, Item>(lists: Map<Key, Item[]>, key: Key): Item[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
