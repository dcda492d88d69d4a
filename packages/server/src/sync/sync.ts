import type {
  Changes,
  ChannelId,
  CursorRow,
  JoinedChannel,
  Resume,
  ResumePoint,
  SyncFrame,
  UserId,
} from '@parley/protocol';
import { channelView, joinedChannel, memberView } from '../channels/channel-rows.ts';
import type { Database } from '../storage/postgres.ts';
import type { Place, SyncSource } from './sync-source.ts';
import {
  type ChangedMemberRow,
  type PlaceRow,
  readChannel,
  readMembersSince,
  readMessagesSince,
  readPlace,
  readPlaces,
  readRootIds,
  type Since,
} from './sync-store.ts';

/** Revs a channel may be ahead of a client before it is reset: more would be slower to send than the latest page. */
export const MAX_CHANNEL_CHANGES = 1_000;
/** The same over all channels of one resume. */
export const MAX_RESUME_CHANGES = 10_000;
/** Revs read by one query and sent in one frame, about 100 kB. */
const FRAME_CHANGES = 500;
const FRAME_CHANNELS = 200;

/** Brings clients up to date, from the database alone: whole, or with an explicit reset. */
export class Sync implements SyncSource {
  readonly #db: Database;
  readonly #epoch: () => string;

  constructor(db: Database, epoch: () => string) {
    this.#db = db;
    this.#epoch = epoch;
  }

  rootIds(userId: UserId): Promise<ChannelId[]> {
    return readRootIds(this.#db, userId);
  }

  async places(userId: UserId): Promise<Place[]> {
    return (await readPlaces(this.#db, userId)).map(placeOf);
  }

  async place(userId: UserId, channelId: ChannelId): Promise<Place | null> {
    const row = await readPlace(this.#db, userId, channelId);
    return row === null ? null : placeOf(row);
  }

  /** The frames of one resume; the last one says `done`. */
  async *frames(places: readonly Place[], resume: Resume | null): AsyncGenerator<SyncFrame> {
    const known = new Map<ChannelId, number>(resume?.epoch === this.#epoch() ? resume.channels : []);
    const mine = places.map((place) => place.joined);
    const unknown = mine.filter(({ channel }) => !known.has(channel.id));
    const named = mine.filter(({ channel }) => known.has(channel.id));
    const first = frame({
      reset: resume !== null && resume.epoch !== this.#epoch(),
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
    for (const batch of plan.batches) {
      current.changes = await this.#read(batch, named, known);
      yield current;
      current = frame({});
    }
    current.cursors = named.map(cursorOf);
    current.done = true;
    yield current;
  }

  /** All that changed in one root channel after a rev. */
  async changes(channelId: ChannelId, since: number): Promise<Changes> {
    const row = await readChannel(this.#db, channelId);
    if (row === null) throw new Error('the channel was there a moment ago');
    const channel = channelView(row);
    const known = new Map([[channelId, since]]);
    // A rev from the future was never given by this history: the client's state is not a prefix of ours.
    if (since > row.rev || row.rev - since > MAX_CHANNEL_CHANGES) return resetOf(channel, known);
    const [changes] = await this.#read([{ channelId, rev: since }], [{ channel }], known);
    return changes ?? { channelId, from: since, rev: row.rev, reset: false, messages: [] };
  }

  async #read(
    batch: readonly Since[],
    named: readonly { channel: JoinedChannel['channel'] }[],
    known: ReadonlyMap<ChannelId, number>,
  ): Promise<Changes[]> {
    const messages = await readMessagesSince(this.#db, batch);
    const members = await readMembersSince(this.#db, batch);
    const asked = new Set(batch.map((point) => point.channelId));
    return named
      .filter(({ channel }) => asked.has(channel.id))
      .map(({ channel }) => ({
        channelId: channel.id,
        from: known.get(channel.id) ?? 0,
        rev: channel.rev,
        reset: false,
        channel,
        messages: messages.filter((message) => (message.rootId ?? message.channelId) === channel.id),
        members: membersOf(members.filter((member) => member.channelId === channel.id)),
      }));
  }
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
