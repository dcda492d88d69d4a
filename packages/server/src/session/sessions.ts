import type { ChannelId, PongFrame, Resume, UserId } from '@parley/protocol';
import type { AccessDirectory } from '../channels/access.ts';
import type { UserNotice } from '../fanout/bus.ts';
import type { Hub } from '../hub/hub.ts';
import type { Subscriber } from '../hub/subscriber.ts';
import { unreachable } from '../lib/assert.ts';
import type { Clock } from '../lib/clock.ts';
import type { Place, SyncSource } from '../sync/sync-source.ts';
import type { Actor } from '../users/actor.ts';
import { Session } from './session.ts';

/** A pong tells the tops of channels that moved within this many heartbeat intervals. */
const TOPS_INTERVALS = 3;
/** While more than this waits for the socket, a sync goes on only after some of it has left. */
const SYNC_PENDING_BYTES = 256 * 1024;
const SYNC_POLL_MS = 5;

export interface SessionsPorts {
  readonly hub: Hub;
  readonly access: AccessDirectory;
  readonly sync: SyncSource;
  readonly clock: Clock;
  readonly heartbeatIntervalMs: number;
  /** The actor as it is now; undefined when its credential is void. */
  recheck(actor: Actor): Promise<Actor | undefined>;
  /** The session's user may now give commands. */
  onReady(session: Session): void;
  /** A session that had been ready has ended. */
  onGone(session: Session): void;
  onFault(error: unknown): void;
}

/** Registers sockets that have a user, brings them up to date, and follows what happens to their user. */
export class Sessions {
  readonly #ports: SessionsPorts;
  readonly #admitted = new WeakSet<Session>();

  constructor(ports: SessionsPorts) {
    this.#ports = ports;
  }

  /**
   * Joins first, reads after: an event that is committed in between is sent live, and the client applies those above the
   * rev that the sync tells.
   */
  async ready(session: Session, resume: Resume | null): Promise<void> {
    const { hub, access, sync } = this.#ports;
    hub.add(session);
    await hub.whenListening();
    const [rootIds] = await Promise.all([sync.rootIds(session.userId), this.#lookAgain(session)]);
    for (const channelId of rootIds) if (session.isOpen) hub.join(session, channelId);
    await hub.whenListening();
    const gapsBefore = access.gaps;
    const places = await sync.places(session.userId);
    if (!session.isOpen || session.actor === null) return;
    this.#leaveLost(session, places);
    access.admit(session.userId, session.actor.serverRole, places.filter(isRoot), gapsBefore);
    this.#admitted.add(session);
    session.state = 'ready';
    this.#ports.onReady(session);
    for (const { joined } of places.filter(isRoot)) hub.anchor(joined.channel.id, joined.channel.rev);
    for await (const frame of sync.frames(session.userId, places, resume)) {
      await this.#untilTaken(session);
      session.send(frame);
    }
    session.inSync();
  }

  /** A credential that was revoked after it was checked and before notices about it reached this session. */
  async #lookAgain(session: Session): Promise<void> {
    const checked = session.actor;
    const actor = checked === null ? undefined : await this.#ports.recheck(checked);
    if (!session.isOpen) return;
    if (actor === undefined) session.end('revoked');
    // A notice that came meanwhile knows better than what was read before it.
    else if (session.actor === checked) session.actor = actor;
  }

  /** The session has ended, in whichever state. */
  ended(session: Session): void {
    if (session.actor === null) return;
    this.#ports.hub.remove(session);
    if (!this.#admitted.delete(session)) return;
    this.#ports.access.dismiss(session.userId);
    this.#ports.onGone(session);
  }

  /** Follows what happened to a user elsewhere: a channel gained, a credential revoked. */
  notice(notice: UserNotice, subscribers: ReadonlySet<Subscriber>): void {
    switch (notice.kind) {
      case 'joined':
        this.#gain(notice.userId, notice.channelId, subscribers).catch((error: unknown) => this.#ports.onFault(error));
        return;
      case 'cut':
        for (const subscriber of [...subscribers]) {
          const named = notice.sessionId === undefined || subscriber.credentialId === notice.sessionId;
          if (named && subscriber.credentialId !== notice.except) subscriber.end(notice.reason);
        }
        return;
      case 'role':
        this.#ports.access.setServerRole(notice.userId, notice.role);
        for (const subscriber of subscribers) if (subscriber instanceof Session) subscriber.setServerRole(notice.role);
        return;
      case 'frame':
        return;
      default:
        unreachable(notice);
    }
  }

  /** The answer to a ping: what has moved lately in the session's channels. */
  pong(session: Session): PongFrame {
    const { hub, clock } = this.#ports;
    const since = clock.monotonic() - TOPS_INTERVALS * this.#ports.heartbeatIntervalMs;
    const tops: PongFrame['tops'] = [];
    for (const channelId of session.channels) {
      const room = hub.room(channelId);
      if (room !== undefined && room.rev !== null && room.lastDeliveryAt >= since) tops.push([channelId, room.rev]);
    }
    return { t: 'pong', now: clock.now(), tops: tops.slice(0, 1_000) };
  }

  async #gain(userId: UserId, channelId: ChannelId, subscribers: ReadonlySet<Subscriber>): Promise<void> {
    const { hub, access, sync } = this.#ports;
    for (const subscriber of subscribers) hub.join(subscriber, channelId);
    await hub.whenListening();
    const gapsBefore = access.gaps;
    const place = await sync.place(userId, channelId);
    if (place === null) {
      for (const subscriber of subscribers) hub.leave(subscriber, channelId);
      return;
    }
    if (!isRoot(place)) {
      // A thread is heard with its root.
      for (const subscriber of subscribers) hub.leave(subscriber, channelId);
    } else access.enter(userId, place.facts, place.role, gapsBefore);
    hub.anchor(channelId, place.joined.channel.rev);
    for (const subscriber of subscribers)
      if (subscriber instanceof Session) subscriber.send({ t: 'joined', joined: place.joined });
  }

  /** A channel that was lost between the two reads. */
  #leaveLost(session: Session, places: readonly Place[]): void {
    const mine = new Set(places.map((place) => place.joined.channel.id));
    for (const channelId of [...session.channels]) if (!mine.has(channelId)) this.#ports.hub.leave(session, channelId);
  }

  async #untilTaken(session: Session): Promise<void> {
    while (session.isOpen && session.outbox.pendingBytes > SYNC_PENDING_BYTES) {
      await new Promise<void>((resolve) => void this.#ports.clock.setTimeout(resolve, SYNC_POLL_MS));
    }
  }
}

function isRoot(place: Place): boolean {
  return place.joined.channel.kind !== 'thread';
}
