import type { Rate } from '@parley/protocol';
import type { Clock, Timer } from '../lib/clock.ts';

/** Why an upgrade was not granted: an HTTP status and, where waiting helps, for how long. */
export interface Refusal {
  readonly status: 400 | 403 | 404 | 405 | 426 | 429 | 503;
  readonly code: string;
  readonly retryAfterMs?: number;
}

/** As many may wait as the rate lets in within this time. */
const LINE_MS = 4_000;
/** Whoever has waited so long is refused: our clients give up after 20 s, and what lies between may sooner. */
const PATIENCE_MS = 15_000;
/** How often those whose turn has come are let in. */
const TURN_MS = 20;
/** What those are told to wait who were in the line of a node that goes away: others take them now. */
const ELSEWHERE_MS = 1_000;

export interface ConnectLinePorts {
  readonly rate: Rate;
  readonly clock: Clock;
  random(): number;
  /** How many more may open now: a node that is let have more than it can check does not answer any of them in time. */
  room(): number;
}

interface Waiter {
  readonly since: number;
  /** True once the client has given up. */
  readonly stream: { readonly destroyed: boolean };
  readonly decide: (refusal: Refusal | null) => void;
}

/**
 * The one door of this whole node: after an outage everybody comes back at once, and must be let in one after the other. Who
 * comes too early waits in line, because one who is refused can only guess when to come back: a browser is not told the
 * status of a failed upgrade, and by guesses the last are back long after there was room for them. Whoever finds the line
 * full is refused.
 */
export class ConnectLine {
  readonly #ports: ConnectLinePorts;
  readonly #perMs: number;
  readonly #capacity: number;
  readonly #waiting: Waiter[] = [];
  #tokens: number;
  #filledAt: number;
  #turn: Timer | null = null;

  constructor(ports: ConnectLinePorts) {
    this.#ports = ports;
    const { limit, windowMs } = ports.rate;
    this.#perMs = limit / windowMs;
    this.#capacity = Math.floor(this.#perMs * LINE_MS);
    this.#tokens = limit;
    this.#filledAt = ports.clock.monotonic();
  }

  /** How many wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Calls `decide` now or in its turn: with null to let in, else with why not. Who gives up meanwhile is never decided. */
  enter(stream: Waiter['stream'], decide: Waiter['decide']): void {
    if (this.#waiting.length === 0 && this.#ports.room() > 0 && this.#take()) return decide(null);
    if (this.#waiting.length >= this.#capacity) return decide(this.#full());
    this.#waiting.push({ stream, decide, since: this.#ports.clock.monotonic() });
    this.#turn ??= this.#ports.clock.setTimeout(() => this.#letIn(), TURN_MS);
  }

  /** Sends everybody in line to other nodes. */
  empty(): void {
    this.#turn?.cancel();
    this.#turn = null;
    for (const { stream, decide } of this.#waiting.splice(0))
      if (!stream.destroyed) decide({ status: 503, code: 'draining', retryAfterMs: ELSEWHERE_MS });
  }

  #letIn(): void {
    this.#turn = null;
    const lateSince = this.#ports.clock.monotonic() - PATIENCE_MS;
    let room = this.#ports.room();
    let count = 0;
    for (const { stream, decide, since } of this.#waiting) {
      if (!stream.destroyed) {
        if (room > 0 && this.#take()) {
          room -= 1;
          decide(null);
        } else if (since < lateSince) decide(this.#full());
        else break;
      }
      count += 1;
    }
    this.#waiting.splice(0, count);
    if (this.#waiting.length > 0) this.#turn = this.#ports.clock.setTimeout(() => this.#letIn(), TURN_MS);
  }

  #take(): boolean {
    const now = this.#ports.clock.monotonic();
    this.#tokens = Math.min(this.#ports.rate.limit, this.#tokens + (now - this.#filledAt) * this.#perMs);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Spread, so that those who were refused in one moment do not all come back in another. */
  #full(): Refusal {
    const leastMs = Math.max(LINE_MS, (1 - this.#tokens) / this.#perMs);
    return { status: 503, code: 'full', retryAfterMs: Math.round(leastMs * (1 + this.#ports.random())) };
  }
}
