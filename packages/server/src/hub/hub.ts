import type { Changes, ChannelId, UserId } from '@parley/protocol';
import type { Bus, BusPayload, NodeNotice, UserNotice } from '../fanout/bus.ts';
import type { CommittedBatch, CommittedEvent, Effect } from '../fanout/committed.ts';
import { unreachable } from '../lib/assert.ts';
import type { Clock } from '../lib/clock.ts';
import { encodeFrame } from '../outbox/frame.ts';
import type { Flusher } from '../outbox/outbox.ts';
import { MAX_HELD_EVENTS, Room } from './room.ts';
import type { Subscriber } from './subscriber.ts';

/** A hole is given this long to close by itself (the missing event is usually a moment behind) before the database is read. */
const HOLE_PATIENCE_MS = 40;

export interface HubPorts {
  readonly bus: Bus;
  readonly flusher: Flusher;
  readonly clock: Clock;
  /**
   * Called in rev order, after the event was handed to the outboxes and before anyone who left is removed. Null after a
   * repair: what changed about access is not known, so what is cached of the channel is void.
   */
  onEffect(channelId: ChannelId, effect: Effect | null): void;
  onUserNotice(notice: UserNotice, subscribers: ReadonlySet<Subscriber>): void;
  onNodeNotice(notice: NodeNotice): void;
  /** Reads from the database what this node missed. */
  readChanges(channelId: ChannelId, since: number): Promise<Changes>;
  onRepair(outcome: 'repaired' | 'failed'): void;
}

/** Who is here on this node, and what they are given: every committed event of their channels, once, in rev order. */
export class Hub {
  readonly #ports: HubPorts;
  readonly #rooms = new Map<ChannelId, Room>();
  readonly #users = new Map<UserId, Set<Subscriber>>();
  readonly #repairing = new Set<ChannelId>();

  constructor(ports: HubPorts) {
    this.#ports = ports;
    ports.bus.onPayload = (payload) => this.#receive(payload);
  }

  get roomCount(): number {
    return this.#rooms.size;
  }

  get userCount(): number {
    return this.#users.size;
  }

  add(subscriber: Subscriber): void {
    let own = this.#users.get(subscriber.userId);
    if (own === undefined) {
      own = new Set();
      this.#users.set(subscriber.userId, own);
      this.#ports.bus.subscribe(`user:${subscriber.userId}`);
    }
    own.add(subscriber);
  }

  remove(subscriber: Subscriber): void {
    for (const channelId of subscriber.channels) this.#leaveRoom(subscriber, channelId);
    subscriber.channels.clear();
    const own = this.#users.get(subscriber.userId);
    own?.delete(subscriber);
    if (own?.size === 0) {
      this.#users.delete(subscriber.userId);
      this.#ports.bus.unsubscribe(`user:${subscriber.userId}`);
    }
  }

  /** Lets a subscriber hear a root channel. Join first, read the database after: then nothing can fall between. */
  join(subscriber: Subscriber, channelId: ChannelId): void {
    let room = this.#rooms.get(channelId);
    if (room === undefined) {
      room = new Room(channelId);
      this.#rooms.set(channelId, room);
      this.#ports.bus.subscribe(`channel:${channelId}`);
    }
    room.subscribers.add(subscriber);
    subscriber.channels.add(channelId);
  }

  /** Resolves when what was joined so far is heard from other nodes too. */
  whenListening(): Promise<void> {
    return this.#ports.bus.whenListening();
  }

  leave(subscriber: Subscriber, channelId: ChannelId): void {
    if (subscriber.channels.delete(channelId)) this.#leaveRoom(subscriber, channelId);
  }

  /** Says that a reader of the database has given all up to `rev` to whoever just joined. */
  anchor(channelId: ChannelId, rev: number): void {
    const room = this.#rooms.get(channelId);
    if (room === undefined) return;
    if (room.rev === null) this.#deliver(room, room.advanceTo(rev));
    else this.#learnTop(room, rev);
  }

  subscribersOf(userId: UserId): ReadonlySet<Subscriber> | undefined {
    return this.#users.get(userId);
  }

  usersHere(): IterableIterator<UserId> {
    return this.#users.keys();
  }

  room(channelId: ChannelId): Room | undefined {
    return this.#rooms.get(channelId);
  }

  rooms(): IterableIterator<Room> {
    return this.#rooms.values();
  }

  /** Learns that a channel has got to `rev`, from wherever; what is missing here is read from the database. */
  learnTop(channelId: ChannelId, rev: number): void {
    const room = this.#rooms.get(channelId);
    if (room !== undefined) this.#learnTop(room, rev);
  }

  #learnTop(room: Room, rev: number): void {
    room.learnTop(rev);
    if (room.hasHole) this.#watchHole(room);
  }

  #leaveRoom(subscriber: Subscriber, channelId: ChannelId): void {
    const room = this.#rooms.get(channelId);
    if (room === undefined) return;
    room.subscribers.delete(subscriber);
    if (room.subscribers.size > 0) return;
    this.#rooms.delete(channelId);
    this.#ports.bus.unsubscribe(`channel:${channelId}`);
  }

  #receive(payload: BusPayload): void {
    switch (payload.kind) {
      case 'batch':
        return this.#receiveBatch(payload);
      case 'top':
        return this.learnTop(payload.channelId, payload.rev);
      case 'ephemeral':
        return this.#sendEphemeral(payload.channelId, payload.json);
      case 'joined':
      case 'frame':
      case 'cut':
      case 'role':
        return this.#receiveUserNotice(payload);
      case 'node':
        return this.#ports.onNodeNotice(payload);
      default:
        return unreachable(payload);
    }
  }

  #receiveBatch(batch: CommittedBatch): void {
    const room = this.#rooms.get(batch.channelId);
    if (room === undefined) return;
    this.#deliver(room, room.accept(batch.events));
    if (room.hasHole) this.#watchHole(room);
  }

  #receiveUserNotice(notice: UserNotice): void {
    const subscribers = this.#users.get(notice.userId);
    if (subscribers === undefined) return;
    if (notice.kind === 'frame') {
      const frame = encodeFrame(notice.json);
      for (const subscriber of subscribers) subscriber.takeOwn(frame);
    } else this.#ports.onUserNotice(notice, subscribers);
  }

  #sendEphemeral(channelId: ChannelId, json: string): void {
    const room = this.#rooms.get(channelId);
    if (room !== undefined) this.#ports.flusher.broadcast(outboxes(room.subscribers), encodeFrame(json, true));
  }

  #deliver(room: Room, events: readonly CommittedEvent[]): void {
    if (events.length === 0) return;
    room.lastDeliveryAt = this.#ports.clock.monotonic();
    if (!room.hasHole) room.holeSince = null;
    for (const event of events) {
      this.#ports.flusher.broadcast(outboxes(room.subscribers), encodeFrame(event.json));
      if (event.effect !== undefined) this.#applyEffect(room, event.effect);
    }
  }

  #applyEffect(room: Room, effect: Effect): void {
    this.#ports.onEffect(room.channelId, effect);
    for (const userId of effect.left ?? []) {
      for (const subscriber of this.#users.get(userId) ?? []) this.leave(subscriber, room.channelId);
    }
  }

  #watchHole(room: Room): void {
    if (room.holeSince === null) {
      room.holeSince = this.#ports.clock.monotonic();
      this.#ports.clock.setTimeout(() => this.#repairIfOpen(room), HOLE_PATIENCE_MS);
    }
    if (room.heldCount > MAX_HELD_EVENTS) this.#repairIfOpen(room);
  }

  #repairIfOpen(room: Room): void {
    if (!room.hasHole || this.#repairing.has(room.channelId) || this.#rooms.get(room.channelId) !== room) return;
    this.#repairing.add(room.channelId);
    void this.#repair(room).finally(() => {
      this.#repairing.delete(room.channelId);
      room.holeSince = null;
      if (room.hasHole) this.#watchHole(room);
    });
  }

  /** Changes hold what came after a leave too: who left must be out before they are sent, and learns it by resuming. */
  #endThoseWhoLeft(room: Room, left: readonly UserId[]): void {
    for (const userId of left) {
      for (const subscriber of this.#users.get(userId) ?? []) {
        if (!subscriber.channels.has(room.channelId)) continue;
        this.leave(subscriber, room.channelId);
        subscriber.end('stale');
      }
    }
  }

  /** Gives the room one `changes` frame in place of the events that never came. */
  async #repair(room: Room): Promise<void> {
    const since = room.rev ?? 0;
    try {
      const changes = await this.#ports.readChanges(room.channelId, since);
      if (room.rev !== null && changes.rev <= room.rev) return;
      this.#endThoseWhoLeft(room, changes.members?.left ?? []);
      this.#ports.onEffect(room.channelId, null);
      const frame = encodeFrame(JSON.stringify({ t: 'changes', ...changes }));
      this.#ports.flusher.broadcast(outboxes(room.subscribers), frame);
      this.#deliver(room, room.advanceTo(changes.rev));
      this.#ports.onRepair('repaired');
    } catch {
      // The database is away; the hole stays known and is tried again after the same patience.
      this.#ports.onRepair('failed');
    }
  }
}

function* outboxes(subscribers: ReadonlySet<Subscriber>) {
  for (const subscriber of subscribers) yield subscriber.outbox;
}
