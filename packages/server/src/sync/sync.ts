import type {
  Changes,
  ChannelId,
  ChannelView,
  CursorRow,
  JoinedChannel,
  Resume,
  ResumePoint,
  SyncFrame,
  UserId,
} from '@parley/protocol';
import type { RecentMessages } from '../cache/recent-messages.ts';
import { channelView, joinedChannel, memberView } from '../channels/channel-rows.ts';
import { accessOf, readGranted } from '../channels/granted.ts';
import { demand } from '../channels/permissions.ts';
import { AppError } from '../lib/app-error.ts';
import { present } from '../lib/assert.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import type { ResumeKind } from '../monitoring/metrics.ts';
import type { Database, Tx } from '../storage/postgres.ts';
import { fitChanges, fitFrames } from './fit-changes.ts';
import { listIn, OwnReads } from './own-reads.ts';
import type { Place, SyncSource } from './sync-source.ts';
import {
  type ChangedMemberRow,
  type PlaceRow,
  readChannel,
  readMembersSince,
  readMessagesSince,
  readOutAt,
  readPlace,
  readPlacesIn,
  type Since,
} from './sync-store.ts';

/** Revs a channel may be ahead of a client before it is reset: more would be slower to send than the latest page. */
export const MAX_CHANNEL_CHANGES = 1_000;
/** The same over all channels of one resume. */
export const MAX_RESUME_CHANGES = 10_000;
/** Revs read by one query, about 100 kB; larger ones are sent in several frames, or as resets. */
const FRAME_CHANGES = 500;
const FRAME_CHANNELS = 200;

export interface SyncOptions {
  readonly clock?: Clock;
  /** Without it all changes are read from the database. */
  readonly recent?: RecentMessages;
  onResume?(kind: ResumeKind): void;
}

/**
 * Brings clients up to date: whole, or with an explicit reset. What may be seen, and where each channel stands, is always read
 * from the database; what changed may come from the cache, which gives exactly that state or nothing.
 */
export class Sync implements SyncSource {
  readonly #db: Database;
  readonly #epoch: () => string;
  readonly #options: SyncOptions;
  readonly #own: OwnReads;

  constructor(db: Database, epoch: () => string, options: SyncOptions = {}) {
    this.#db = db;
    this.#epoch = epoch;
    this.#options = options;
    this.#own = new OwnReads(db, options.clock ?? systemClock);
  }

  rootIds(userId: UserId): Promise<readonly ChannelId[]> {
    return this.#own.rootIds(userId);
  }

  places(userId: UserId): Promise<readonly Place[]> {
    return this.#own.places(userId);
  }

  async place(userId: UserId, channelId: ChannelId): Promise<Place | null> {
    const row = await readPlace(this.#db, userId, channelId);
    return row === null ? null : placeOf(row);
  }

  outAt(userId: UserId, channelId: ChannelId): Promise<number | null> {
    return readOutAt(this.#db, userId, channelId);
  }

  /** The frames of one resume; the last one says `done`. */
  async *frames(userId: UserId, places: readonly Place[], resume: Resume | null): AsyncGenerator<SyncFrame> {
    const isOther = resume !== null && resume.epoch !== this.#epoch();
    const known = new Map<ChannelId, number>(isOther ? [] : resume?.channels);
    const mine = places.map((place) => place.joined);
    const unknown = mine.filter(({ channel }) => !known.has(channel.id));
    const named = mine.filter(({ channel }) => known.has(channel.id));
    const first = frame({
      reset: isOther,
      gone: goneOf(resume?.channels ?? [], mine),
    });
    const plan = planOf(named, known);
    const reset = named
      .filter(({ channel }) => plan.resets.has(channel.id))
      .map(({ channel }) => resetOf(channel, known));
    let current: SyncFrame = first;
    for (const part of chunks(unknown, FRAME_CHANNELS)) {
      current.joined = part;
      yield current;
      current = frame({});
    }
    for (const part of chunks(reset, FRAME_CHANNELS)) {
      current.changes = part;
      yield current;
      current = frame({});
    }
    let isCached = true;
    let isReset = plan.resets.size > 0;
    for (const batch of plan.batches) {
      const { changes, gone, isWhole } = await this.#readOwn(userId, batch);
      if (isWhole) isCached = false;
      current.gone.push(...gone);
      for (const part of fitFrames(changes)) {
        if (part.some((one) => one.reset)) isReset = true;
        current.changes = part;
        yield current;
        current = frame({});
      }
    }
    current.cursors = named.map(cursorOf);
    current.done = true;
    const changed = plan.batches.length > 0 ? (isCached ? 'cache' : 'database') : 'current';
    this.#options.onResume?.(resume === null ? 'fresh' : isOther ? 'epoch' : isReset ? 'reset' : changed);
    yield current;
  }

  /** All that changed in one root channel after a rev; for the server itself, which may see everything. */
  changes(channelId: ChannelId, since: number): Promise<Changes> {
    return atOneMoment(this.#db, (tx) => changesOn(tx, channelId, since));
  }

  /** As `changes`, with all who are out since then: they are told even when the changes are too many. */
  async missed(channelId: ChannelId, since: number): Promise<{ changes: Changes; left: UserId[] }> {
    if (this.#options.recent?.isOn === true) {
      const row = await readChannel(this.#db, channelId);
      const changes = row === null ? null : await this.#recentChanges(channelView(row), since);
      // Members did not change in it, so nobody is out.
      if (changes !== null) return { changes, left: [] };
    }
    return await atOneMoment(this.#db, async (tx) => {
      const members = await readMembersSince(tx, [{ channelId, rev: since }]);
      return { changes: await changesOn(tx, channelId, since), left: membersOf(members).left };
    });
  }

  /** As `changes`, for a user. Access and content are of one moment: who was removed gets nothing that was committed after. */
  async changesFor(userId: UserId, channelId: ChannelId, since: number): Promise<Changes> {
    const recent = await this.#recentChangesFor(userId, channelId, since);
    return fitChanges(recent ?? (await this.#changesFor(userId, channelId, since)));
  }

  /** The channel is read before the access: what is shown is never newer than the word that it may be seen. */
  async #recentChangesFor(userId: UserId, channelId: ChannelId, since: number): Promise<Changes | null> {
    if (this.#options.recent?.isOn !== true) return null;
    const row = await readChannel(this.#db, channelId);
    if (row === null || row.kind === 'thread') return null;
    demand(await accessOf(this.#db, userId, channelId), 'message.history');
    return await this.#recentChanges(channelView(row), since);
  }

  #changesFor(userId: UserId, channelId: ChannelId, since: number): Promise<Changes> {
    return readGranted(this.#db, { userId, channelId, action: 'message.history' }, async (tx, grant) => {
      if (grant.channel.kind === 'thread') {
        throw new AppError('bad_request', 'unable to read the changes; ask for those of the root channel');
      }
      return await changesOn(tx, channelId, since);
    });
  }

  /** What changed in channels that the user was in a moment ago, those that he is no longer in, and whether the cache did not do. */
  async #readOwn(
    userId: UserId,
    batch: readonly Since[],
  ): Promise<{ changes: Changes[]; gone: ChannelId[]; isWhole: boolean }> {
    if (this.#options.recent?.isOn !== true) return { ...(await this.#readOwnWhole(userId, batch)), isWhole: true };
    const ids = batch.map((point) => point.channelId);
    const channels = await this.#own.views(userId, ids);
    const here = batch.filter(({ channelId }) => channels.has(channelId));
    const found = await Promise.all(
      here.map(({ channelId, rev }) => this.#recentChanges(present(channels.get(channelId), 'channel'), rev)),
    );
    const rest = here.filter((_, index) => found[index] === null);
    const whole = rest.length === 0 ? { changes: [], gone: [] } : await this.#readOwnWhole(userId, rest);
    const changes = [...found.filter((one) => one !== null), ...whole.changes];
    return { changes, gone: [...ids.filter((id) => !channels.has(id)), ...whole.gone], isWhole: rest.length > 0 };
  }

  /** What changed in a channel since a rev, as of the moment at which it was read; null when the cache does not have it. */
  async #recentChanges(channel: ChannelView, since: number): Promise<Changes | null> {
    if (since > channel.rev) return null;
    const messages = (await this.#options.recent?.changes(channel.id, since, channel.rev)) ?? null;
    return messages === null ? null : changesOf(channel, since, messages, { joined: [], left: [] });
  }

  #readOwnWhole(userId: UserId, batch: readonly Since[]): Promise<{ changes: Changes[]; gone: ChannelId[] }> {
    return atOneMoment(this.#db, async (tx) => {
      const ids = batch.map((point) => point.channelId);
      const channels = new Map((await readPlacesIn(tx, userId, ids)).map((row) => [row.id, channelView(row)]));
      const changes = await readChanges(
        tx,
        batch.flatMap(({ channelId, rev }) => {
          const channel = channels.get(channelId);
          return channel === undefined ? [] : [{ channel, since: rev }];
        }),
      );
      return { changes, gone: ids.filter((id) => !channels.has(id)) };
    });
  }
}

/** Several reads of one snapshot: a state that is newer than the rev it is told with could never be put in order. */
function atOneMoment<Result>(db: Database, work: (tx: Tx) => Promise<Result>): Promise<Result> {
  return db.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(work);
}

async function changesOn(tx: Tx, channelId: ChannelId, since: number): Promise<Changes> {
  const row = await readChannel(tx, channelId);
  if (row === null) throw new AppError('not_found', 'unable to find the channel; there is none with this id');
  const channel = channelView(row);
  // A rev from the future was never given by this history: the client's state is not a prefix of ours.
  if (since > row.rev || row.rev - since > MAX_CHANNEL_CHANGES) return resetOf(channel, new Map([[channelId, since]]));
  const [changes] = await readChanges(tx, [{ channel, since }]);
  return present(changes, 'changes');
}

async function readChanges(
  tx: Tx,
  asked: readonly { readonly channel: ChannelView; readonly since: number }[],
): Promise<Changes[]> {
  const points = asked.map(({ channel, since }) => ({ channelId: channel.id, rev: since }));
  const messages = new Map<ChannelId, Changes['messages']>();
  for (const message of await readMessagesSince(tx, points)) {
    listIn(messages, message.rootId ?? message.channelId).push(message);
  }
  const members = new Map<ChannelId, ChangedMemberRow[]>();
  for (const row of await readMembersSince(tx, points)) listIn(members, row.channelId).push(row);
  return asked.map(({ channel, since }) =>
    changesOf(channel, since, messages.get(channel.id) ?? [], membersOf(members.get(channel.id) ?? [])),
  );
}

function changesOf(
  channel: ChannelView,
  since: number,
  messages: Changes['messages'],
  members: NonNullable<Changes['members']>,
): Changes {
  return { channelId: channel.id, from: since, rev: channel.rev, reset: false, channel, messages, members };
}

function placeOf(row: PlaceRow): Place {
  return { facts: row.facts, role: row.role, joined: joinedChannel(row) };
}

function frame(parts: Partial<SyncFrame>): SyncFrame {
  return { t: 'sync', reset: false, joined: [], gone: [], changes: [], cursors: [], done: false, ...parts };
}

function goneOf(points: readonly ResumePoint[], mine: readonly JoinedChannel[]): ChannelId[] {
  const ids = new Set(mine.map(({ channel }) => channel.id));
  return points.map(([channelId]) => channelId).filter((channelId) => !ids.has(channelId));
}

/** Threads have no revs of their own: what changed in them comes with their root. */
function planOf(named: readonly JoinedChannel[], known: ReadonlyMap<ChannelId, number>) {
  const resets = new Set<ChannelId>();
  const batches: Since[][] = [];
  let total = 0;
  let inBatch = 0;
  for (const { channel } of named) {
    const rev = known.get(channel.id) ?? 0;
    const behind = channel.rev - rev;
    if (channel.kind === 'thread' || behind === 0) continue;
    // Revs have no holes, so the distance bounds the work before anything is read.
    if (behind < 0 || behind > MAX_CHANNEL_CHANGES || total + behind > MAX_RESUME_CHANGES) {
      resets.add(channel.id);
      continue;
    }
    total += behind;
    if (batches.length === 0 || inBatch + behind > FRAME_CHANGES) {
      batches.push([]);
      inBatch = 0;
    }
    inBatch += behind;
    batches[batches.length - 1]?.push({ channelId: channel.id, rev });
  }
  return { resets, batches };
}

function resetOf(channel: JoinedChannel['channel'], known: ReadonlyMap<ChannelId, number>): Changes {
  return {
    channelId: channel.id,
    from: known.get(channel.id) ?? 0,
    rev: channel.rev,
    reset: true,
    channel,
    messages: [],
  };
}

function membersOf(rows: readonly ChangedMemberRow[]): NonNullable<Changes['members']> {
  return {
    joined: rows.filter((row) => row.leftAt === null).map(memberView),
    left: rows.filter((row) => row.leftAt !== null).map((row) => row.userId),
  };
}

function cursorOf({ channel, membership }: JoinedChannel): CursorRow {
  return [channel.id, channel.lastSeq, membership.readSeq, membership.deliveredSeq, membership.mentions];
}

function* chunks<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
