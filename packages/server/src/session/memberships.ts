import type { ChangesEvent, ChannelId, UserId } from '@parley/protocol';
import type { AccessDirectory } from '../channels/access.ts';
import type { Hub } from '../hub/hub.ts';
import type { Subscriber } from '../hub/subscriber.ts';
import type { Clock } from '../lib/clock.ts';
import { encodeFrame, type Frame } from '../outbox/frame.ts';
import type { Place, SyncSource } from '../sync/sync-source.ts';
import type { Session } from './session.ts';

/** Wait before a place is read again that could not be read: nobody will ask for it a second time. */
const RETRY_MS = 1_000;

export interface MembershipPorts {
  readonly clock: Clock;
  readonly hub: Hub;
  readonly access: AccessDirectory;
  readonly sync: SyncSource;
  onFault(error: unknown): void;
}

/** Given those for whom it turns out that the user is no member. */
type OnOutside = (subscribers: readonly Subscriber[]) => void | Promise<void>;

/** Lets sockets hear the channels of their users: never before it is known that they may, and from exactly where that was read. */
export class Memberships {
  readonly #ports: MembershipPorts;

  constructor(ports: MembershipPorts) {
    this.#ports = ports;
  }

  /** Lets a session into the rooms that it expects and has just read its places of; each as soon as the room has got there. */
  settle(session: Session, places: readonly Place[], expected: readonly ChannelId[]): void {
    const { hub } = this.#ports;
    const roots = new Map(places.filter(isRoot).map((place) => [place.joined.channel.id, place.joined.channel.rev]));
    for (const channelId of expected) if (!roots.has(channelId)) hub.forget(session, channelId);
    for (const [channelId, rev] of roots) {
      hub.anchor(channelId, rev);
      const reached = hub.expects(session, channelId) ? hub.whenReached(channelId, rev) : null;
      if (reached === null) this.#letInOrRead(session, channelId, rev);
      else void reached.then(() => this.#letInOrRead(session, channelId, rev));
    }
  }

  /** A user is, or may be, in a channel: reads it, and tells those of his sockets of it that are here. */
  async gain(userId: UserId, channelId: ChannelId, subscribers: Iterable<Subscriber>): Promise<void> {
    await this.#gain(userId, channelId, subscribers, (outside) => this.#tellOut(userId, channelId, outside));
  }

  /** As `gain`, with something else done about those who are outside. */
  async #gain(
    userId: UserId,
    channelId: ChannelId,
    subscribers: Iterable<Subscriber>,
    onOutside: OnOutside,
  ): Promise<void> {
    const { clock } = this.#ports;
    let untold = this.#here(userId, subscribers);
    while (untold.length > 0) {
      try {
        return await this.#readAndTell(userId, channelId, untold, onOutside);
      } catch (error) {
        this.#ports.onFault(error);
        await new Promise<void>((resolve) => void clock.setTimeout(resolve, RETRY_MS));
      }
      untold = this.#here(userId, untold);
    }
  }

  async #readAndTell(
    userId: UserId,
    channelId: ChannelId,
    subscribers: readonly Subscriber[],
    onOutside: OnOutside,
  ): Promise<void> {
    const { hub, access, sync } = this.#ports;
    for (let untold = this.#here(userId, subscribers); untold.length > 0; untold = this.#here(userId, untold)) {
      for (const subscriber of untold) hub.expect(subscriber, channelId);
      await hub.whenListening();
      const gapsBefore = access.gaps;
      const place = await sync.place(userId, channelId);
      if (place === null) return await onOutside(untold);
      if (!isRoot(place)) {
        // A thread is heard with its root.
        for (const subscriber of untold) hub.forget(subscriber, channelId);
        return tell(untold, place);
      }
      access.enter(userId, place.facts, place.role, gapsBefore);
      const { rev } = place.joined.channel;
      hub.anchor(channelId, rev);
      // What came before this moment comes before the word of it: also an earlier leave that is still on its way.
      await hub.whenReached(channelId, rev);
      untold = untold.filter((subscriber) => !this.#tellOne(subscriber, place));
    }
  }

  /** False when the place has to be read again: what followed it was not kept, or a leave came first. */
  #tellOne(subscriber: Subscriber, place: Place): boolean {
    const { hub } = this.#ports;
    const { id, rev } = place.joined.channel;
    if (subscriber.channels.has(id)) tell([subscriber], place);
    else if (!hub.expects(subscriber, id) || !hub.canLetIn(id, rev)) return false;
    else {
      tell([subscriber], place);
      hub.letIn(subscriber, id, rev);
    }
    return true;
  }

  #letInOrRead(session: Session, channelId: ChannelId, rev: number): void {
    const { hub } = this.#ports;
    if (!session.isOpen || session.channels.has(channelId)) return;
    if (hub.expects(session, channelId) && hub.letIn(session, channelId, rev)) return;
    // Its sync told the session that it is in; only another one tells it that it is not.
    void this.#gain(session.userId, channelId, [session], () => session.end('stale'));
  }

  /**
   * Not members after all: each that still waits learns at which rev the user went out again, for an answer may have told his
   * client that he is in. Who hears the channel, or is not expected any more, is told by whoever made it so.
   */
  async #tellOut(userId: UserId, channelId: ChannelId, subscribers: readonly Subscriber[]): Promise<void> {
    const { hub, sync } = this.#ports;
    const rev = await sync.outAt(userId, channelId);
    const frame = rev === null ? null : outFrame(userId, channelId, rev);
    for (const subscriber of subscribers) {
      if (!hub.expects(subscriber, channelId)) continue;
      hub.forget(subscriber, channelId);
      if (frame !== null) subscriber.outbox.push(frame);
    }
  }

  #here(userId: UserId, subscribers: Iterable<Subscriber>): Subscriber[] {
    const here = this.#ports.hub.subscribersOf(userId);
    return [...subscribers].filter((subscriber) => here?.has(subscriber) === true);
  }
}

export function isRoot(place: Place): boolean {
  return place.joined.channel.kind !== 'thread';
}

function tell(subscribers: readonly Subscriber[], { joined }: Place): void {
  const frame = encodeFrame(JSON.stringify({ t: 'joined', joined }));
  for (const subscriber of subscribers) subscriber.outbox.push(frame);
}

/** From 0, so that it applies wherever the client stands; nothing of the channel is in it but that he is out. */
function outFrame(userId: UserId, channelId: ChannelId, rev: number): Frame {
  const members = { joined: [], left: [userId] };
  const event: ChangesEvent = { t: 'changes', channelId, from: 0, rev, reset: false, messages: [], members };
  return encodeFrame(JSON.stringify(event));
}
