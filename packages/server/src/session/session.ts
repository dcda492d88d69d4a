import { type ChannelId, CLOSE_CODES, type CloseReason, type Role, type UserId } from '@parley/protocol';
import type { Actor } from '../commands/handler.ts';
import type { Subscriber } from '../hub/subscriber.ts';
import { encodeFrame, type Frame } from '../outbox/frame.ts';
import type { Outbox } from '../outbox/outbox.ts';

/** What a session needs of its socket. */
export interface SessionSocket {
  close(code: number, reason: string): void;
  terminate(): void;
  pause(): void;
  resume(): void;
}

/**
 * opening: connected, nobody yet, few bytes and one deadline. greeting: the hello is being checked. ready: a user is here.
 * ended: the socket is closed or about to be; nothing is sent any more.
 */
export type SessionState = 'opening' | 'greeting' | 'ready' | 'ended';

/** Frames for its user that a session keeps until it is in sync; with more it is quicker to connect again. */
const MAX_HELD_FRAMES = 1_000;

/** One socket with, once it has said hello, a user. Wiring and bookkeeping only: what frames mean is in `dispatch`. */
export class Session implements Subscriber {
  readonly outbox: Outbox;
  readonly channels = new Set<ChannelId>();
  readonly address: string;
  userAgent: string;
  /** A token that came in the `Authorization` header of the upgrade; gone once it was looked at. */
  headerToken: string | null;
  state: SessionState = 'opening';
  actor: Actor | null = null;
  /** Seconds on the gateway's clock at which the socket was last heard; whole numbers stay out of the heap. */
  heardAtS: number;
  /** What it may do is known to this node's access directory. */
  isAdmitted = false;
  /** Commands that were read and not answered. */
  pending = 0;
  malformed = 0;
  /** The last send that had to wait for something; later ones queue up behind it, or they would overtake. */
  sendTail: Promise<unknown> | null = null;
  /** Seconds on the gateway's clock at which the socket was opened. */
  readonly openedAtS: number;
  #openingBytes = 0;
  /** What is for its user and came before the session was in sync; null from then on. */
  #held: Frame[] | null = [];
  readonly #socket: SessionSocket;
  readonly #onEnd: (session: Session) => void;

  constructor(parts: {
    socket: SessionSocket;
    outbox: Outbox;
    address: string;
    userAgent: string;
    headerToken: string | null;
    nowS: number;
    onEnd: (session: Session) => void;
  }) {
    this.#socket = parts.socket;
    this.#onEnd = parts.onEnd;
    this.outbox = parts.outbox;
    this.address = parts.address;
    this.userAgent = parts.userAgent;
    this.headerToken = parts.headerToken;
    this.heardAtS = parts.nowS;
    this.openedAtS = parts.nowS;
  }

  get userId(): UserId {
    if (this.actor === null) throw new Error('the session has no user yet');
    return this.actor.userId;
  }

  get credentialId(): string {
    return this.actor?.credentialId ?? '';
  }

  get isOpen(): boolean {
    return this.state !== 'ended';
  }

  /** It has its user: what only the opening needed is let go, for a session may last for days. */
  opened(actor: Actor): void {
    this.actor = actor;
    this.userAgent = '';
    this.headerToken = null;
  }

  /** Counts what is said before there is a user; false above `max`. */
  countOpeningBytes(bytes: number, max: number): boolean {
    this.#openingBytes += bytes;
    return this.#openingBytes <= max;
  }

  /** Sends a frame to this socket alone. */
  send(frame: object): void {
    if (this.state !== 'ended') this.outbox.push(encodeFrame(JSON.stringify(frame)));
  }

  /**
   * Takes a frame for its user. What a sync tells was read a while before it is sent, so what comes meanwhile is newer and
   * must follow it: a cursor that was moved on another device would else be moved back.
   */
  takeOwn(frame: Frame): void {
    if (this.#held === null) this.outbox.push(frame);
    else if (this.#held.length < MAX_HELD_FRAMES) this.#held.push(frame);
    else this.end('stale');
  }

  /** The last frame of the sync is on its way. */
  inSync(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const frame of held) this.outbox.push(frame);
  }

  /** What the user may do on the server has changed; commands from now on see the new role. */
  setServerRole(serverRole: Role): void {
    if (this.actor !== null) this.actor = { ...this.actor, serverRole };
  }

  pauseReading(): void {
    this.#socket.pause();
  }

  resumeReading(): void {
    this.#socket.resume();
  }

  /**
   * Ends the socket. From this call on nothing more reaches it. A socket that is stuck is torn down: a polite close would
   * wait behind the very bytes it does not take.
   */
  end(reason: CloseReason, detail: string = reason): void {
    if (this.state === 'ended') return;
    const stuck = reason === 'slow' || reason === 'silent';
    this.closed();
    if (stuck) this.#socket.terminate();
    else this.#socket.close(CLOSE_CODES[reason], detail);
  }

  /** The socket is gone, by whichever side. */
  closed(): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.#onEnd(this);
    this.outbox.close();
  }
}
