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
  /** Reads from the database what this node missed, and, however much it is, who is out since. */
  readMissed(
    channelId: ChannelId,
    since: number,
  ): Promise<{ readonly changes: Changes; readonly left: readonly UserId[] }>;
  onRepair(outcome: 'repaired' | 'failed'): void;
  /** Called with what was heard of a channel that somebody here hears, in any order. */
  onHeard?(batch: CommittedBatch): void;
}

/** Who is here on this node, and what they are given: every committed event of their channels, once, in rev order. */
export class Hub {
  readonly #ports: HubPorts;
  readonly #rooms = new Map<ChannelId, Room>();
  readonly #users = new Map<UserId, Set<Subscriber>>();
  /** Rooms, not channels: a room that ended may still wait for its answer when the next one of its channel needs one. */
  readonly #repairing = new Set<Room>();
  /** Root channels that a subscriber waits to hear. */
  readonly #expected = new WeakMap<Subscriber, Set<ChannelId>>();

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

  /** How far this node is behind the tops that it knows of. */
  behind(): { readonly rooms: number; readonly revs: number } {
    let [rooms, revs] = [0, 0];
    for (const { behind } of this.#rooms.values()) {
      if (behind > 0) rooms += 1;
      revs += behind;
    }
    return { rooms, revs };
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
    for (const channelId of this.#expected.get(subscriber) ?? []) this.forget(subscriber, channelId);
    const own = this.#users.get(subscriber.userId);
    own?.delete(subscriber);
    if (own?.size === 0) {
      this.#users.delete(subscriber.userId);
      this.#ports.bus.unsubscribe(`user:${subscriber.userId}`);
    }
  }

  /**
   * Makes ready to let a subscriber hear a root channel. Expect first, read the database after, then let in: nothing falls
   * between, and nothing is heard by who turns out not to be a member.
   */
  expect(subscriber: Subscriber, channelId: ChannelId): void {
    if (subscriber.channels.has(channelId)) return;
    let room = this.#rooms.get(channelId);
    if (room === undefined) {
      room = new Room(channelId);
      this.#rooms.set(channelId, room);
      this.#ports.bus.subscribe(`channel:${channelId}`);
    }
    room.expect(subscriber);
    const expected = this.#expected.get(subscriber);
    if (expected === undefined) this.#expected.set(subscriber, new Set([channelId]));
    else expected.add(channelId);
  }

  /** It is not to be: the subscriber is no member. */
  forget(subscriber: Subscriber, channelId: ChannelId): void {
    const expected = this.#expected.get(subscriber);
    if (!expected?.delete(channelId)) return;
    // Whoever is in everywhere waits for nothing any more, and stays for days.
    if (expected.size === 0) this.#expected.delete(subscriber);
    const room = this.#rooms.get(channelId);
    room?.forget(subscriber);
    this.#endIfDeserted(room);
  }

  expects(subscriber: Subscriber, channelId: ChannelId): boolean {
    return this.#expected.get(subscriber)?.has(channelId) === true;
  }

  /** True when everything after `rev` is at hand in a channel. */
  canLetIn(channelId: ChannelId, rev: number): boolean {
    return this.#rooms.get(channelId)?.keptSince(rev) != null;
  }

  /**
   * Lets a subscriber who was expected hear everything after `rev`, at which he was read to be a member. Call it when the
   * room has reached that rev, or an earlier leave that is still on its way would put him out. False: what came after it
   * is not at hand, so his place must be read anew.
   */
  letIn(subscriber: Subscriber, channelId: ChannelId, rev: number): boolean {
    const room = this.#rooms.get(channelId);
    if (room === undefined || !this.expects(subscriber, channelId)) return true;
    const missed = room.keptSince(rev);
    if (missed === null) return false;
    room.subscribers.add(subscriber);
    // The room's own id: each session would else keep a copy of every name that it was read with.
    subscriber.channels.add(room.channelId);
    this.forget(subscriber, channelId);
    for (const { frame, effect } of missed) {
      subscriber.outbox.push(frame);
      if (effect?.left?.includes(subscriber.userId)) {
        this.leave(subscriber, channelId);
        break;
      }
    }
    return true;
  }

  /** Resolves when everything up to `rev` was delivered in a channel, or nobody here hears it any more; null when it is so. */
  whenReached(channelId: ChannelId, rev: number): Promise<void> | null {
    return this.#rooms.get(channelId)?.whenReached(rev) ?? null;
  }

  /** Resolves when what was expected so far is heard from other nodes too. */
  whenListening(): Promise<void> {
    return this.#ports.bus.whenListening();
  }

  leave(subscriber: Subscriber, channelId: ChannelId): void {
    if (subscriber.channels.delete(channelId)) this.#leaveRoom(subscriber, channelId);
  }

  /** Says that the database was read at `rev`: a room that knows nothing yet begins there. */
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
    this.#endIfDeserted(room);
  }

  #endIfDeserted(room: Room | undefined): void {
    if (room === undefined || !room.isDeserted || this.#rooms.get(room.channelId) !== room) return;
    this.#rooms.delete(room.channelId);
    room.tellReached(true);
    this.#ports.bus.unsubscribe(`channel:${room.channelId}`);
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
    this.#ports.onHeard?.(batch);
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
    if (events.length > 0) {
      room.lastDeliveryAt = this.#ports.clock.monotonic();
      if (!room.hasHole) room.holeSince = null;
    }
    for (const { rev, json, effect } of events) {
      const frame = encodeFrame(json);
      this.#ports.flusher.broadcast(outboxes(room.subscribers), frame);
      room.keep({ rev, frame, effect });
      if (effect !== undefined) this.#applyEffect(room, effect);
    }
    room.tellReached();
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
    if (!room.hasHole || this.#repairing.has(room) || this.#rooms.get(room.channelId) !== room) return;
    this.#repairing.add(room);
    void this.#repair(room).finally(() => {
      this.#repairing.delete(room);
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
      const { changes, left } = await this.#ports.readMissed(room.channelId, since);
      if (room.rev !== null && changes.rev <= room.rev) return;
      this.#endThoseWhoLeft(room, left);
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
