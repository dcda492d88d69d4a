import type { Clock, Timer } from '../lib/clock.ts';
import type { Session } from '../session/session.ts';

/** Parts of an interval: a few hundred pings at a time instead of all at once, which would hold the loop for 0.2 s. */
const SLOTS = 100;

/** A socket that can be asked for a sign of life. */
export interface Beating {
  /** Null before and after its session. */
  readonly session: Session | null;
  ping(): void;
}

/**
 * Signs of life. A socket that was heard in the last interval is left alone; a quiet one is pinged; one that is silent for
 * two intervals is dead and cut.
 */
export class Heartbeat {
  readonly #slots: Set<Beating>[] = Array.from({ length: SLOTS }, () => new Set());
  readonly #intervalS: number;
  readonly #nowS: () => number;
  readonly #timer: Timer;
  #turn = 0;
  #next = 0;

  constructor(intervalMs: number, clock: Clock, nowS: () => number) {
    this.#intervalS = Math.max(1, Math.floor(intervalMs / 1_000));
    this.#nowS = nowS;
    this.#timer = clock.setInterval(() => this.#beat(), Math.max(10, intervalMs / SLOTS));
  }

  /** Starts to watch a socket; returns what stops it. */
  add(socket: Beating): number {
    const slot = this.#next;
    this.#next = (slot + 1) % SLOTS;
    this.#slots[slot]?.add(socket);
    return slot;
  }

  remove(socket: Beating, slot: number): void {
    this.#slots[slot]?.delete(socket);
  }

  stop(): void {
    this.#timer.cancel();
  }

  #beat(): void {
    const nowS = this.#nowS();
    for (const socket of this.#slots[this.#turn] ?? []) {
      if (socket.session !== null) this.#check(socket, socket.session, nowS);
    }
    this.#turn = (this.#turn + 1) % SLOTS;
  }

  #check(socket: Beating, session: Session, nowS: number): void {
    const silentS = nowS - session.heardAtS;
    if (silentS > this.#intervalS * 2) session.end('silent');
    else if (silentS >= this.#intervalS) socket.ping();
  }
}
