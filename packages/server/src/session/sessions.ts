import type { ChannelId, PongFrame, Resume } from '@parley/protocol';
import type { AccessDirectory } from '../channels/access.ts';
import type { UserNotice } from '../fanout/bus.ts';
import type { Hub } from '../hub/hub.ts';
import type { Subscriber } from '../hub/subscriber.ts';
import { unreachable } from '../lib/assert.ts';
import type { Clock } from '../lib/clock.ts';
import type { SyncSource } from '../sync/sync-source.ts';
import type { Actor } from '../users/actor.ts';
import { isRoot, Memberships } from './memberships.ts';
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
  /** The last frame of its sync is on its way. */
  onSynced(session: Session): void;
  /** A session that had been ready has ended. */
  onGone(session: Session): void;
  onFault(error: unknown): void;
}

/** Registers sockets that have a user, brings them up to date, and follows what happens to their user. */
export class Sessions {
  readonly #ports: SessionsPorts;
  readonly #memberships: Memberships;
  /** Channels that a user gained before his session was welcomed. */
  readonly #early = new WeakMap<Session, Set<ChannelId>>();

  constructor(ports: SessionsPorts) {
    this.#ports = ports;
    this.#memberships = new Memberships(ports);
  }

  /**
   * Expects first, reads after: an event that is committed in between is kept, and sent once it is known that the session may
   * have it; the client applies those above the rev that the sync tells. `greet` is called before anything is sent.
   */
  async ready(session: Session, resume: Resume | null, greet: () => void): Promise<void> {
    const { hub, access, sync } = this.#ports;
    hub.add(session);
    await hub.whenListening();
    const rootIds = await sync.rootIds(session.userId);
    if (!session.isOpen) return;
    for (const channelId of rootIds) hub.expect(session, channelId);
    await hub.whenListening();
    const gapsBefore = access.gaps;
    const [places] = await Promise.all([sync.places(session.userId), this.#lookAgain(session)]);
    if (!session.isOpen || session.actor === null) return;
    access.admit(session.userId, session.actor.serverRole, places.filter(isRoot), gapsBefore);
    session.isAdmitted = true;
    greet();
    session.state = 'ready';
    this.#ports.onReady(session);
    this.#memberships.settle(session, places, rootIds);
    this.#gainWhatCameEarly(session);
    for await (const frame of sync.frames(session.userId, places, resume)) {
      await this.#untilTaken(session);
      session.send(frame);
    }
    session.inSync();
    this.#ports.onSynced(session);
  }

  /** Nothing is said before the welcome: what a user gained while his session opened is read again once it is ready. */
  #gainWhatCameEarly(session: Session): void {
    const early = this.#early.get(session);
    this.#early.delete(session);
    for (const channelId of early ?? [])
      if (!session.channels.has(channelId)) void this.#memberships.gain(session.userId, channelId, new Set([session]));
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
    if (!session.isAdmitted) return;
    session.isAdmitted = false;
    this.#ports.access.dismiss(session.userId);
    this.#ports.onGone(session);
  }

  /** Follows what happened to a user elsewhere: a channel gained, a credential revoked. */
  notice(notice: UserNotice, subscribers: ReadonlySet<Subscriber>): void {
    switch (notice.kind) {
      case 'joined':
        void this.#memberships.gain(notice.userId, notice.channelId, this.#welcomed(subscribers, notice.channelId));
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

  /** Those who have been welcomed; of the others it is noted that they gain this channel. */
  #welcomed(subscribers: ReadonlySet<Subscriber>, channelId: ChannelId): Set<Subscriber> {
    const welcomed = new Set(subscribers);
    for (const subscriber of subscribers) {
      if (!(subscriber instanceof Session) || subscriber.isAdmitted) continue;
      welcomed.delete(subscriber);
      const early = this.#early.get(subscriber) ?? new Set<ChannelId>();
      this.#early.set(subscriber, early.add(channelId));
    }
    return welcomed;
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

  async #untilTaken(session: Session): Promise<void> {
    while (session.isOpen && session.outbox.pendingBytes > SYNC_PENDING_BYTES) {
      await new Promise<void>((resolve) => void this.#ports.clock.setTimeout(resolve, SYNC_POLL_MS));
    }
  }
}
