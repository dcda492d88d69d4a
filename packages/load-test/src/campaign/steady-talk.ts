import type { ChannelId } from '@parley/protocol';
import { Histogram, type Percentiles } from '../histogram.ts';
import type { LoggedClient } from '../history/logged-client.ts';
import type { Rooms, Traffic } from './workload.ts';

const TICK_MS = 10;
/** A device that is not answered writes no more than this many messages meanwhile; the outbox of the SDK takes more. */
const MAX_UNSENT = 200;
/** How long people go on talking when all is well again. */
const LAST_WORDS_MS = 1_000;

/** What was said, and how it was answered. */
export interface SteadyFigures {
  readonly sent: number;
  readonly acknowledged: number;
  /** Sends that ended in an error, by its code. */
  readonly refused: readonly string[];
  /** What was said in a second while people talked. */
  readonly perSecond: number;
  /** From a send to its acknowledgement, in milliseconds. */
  readonly ack: Percentiles;
}

/** People who talk at one rate all the time, each device in turn, in both rooms; nothing else happens. */
export class SteadyTalk implements Traffic {
  readonly #clients: readonly LoggedClient[];
  readonly #rooms: readonly ChannelId[];
  readonly #perSecond: number;
  readonly #ack = new Histogram();
  readonly #refused: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #talkedMs = 0;
  #due = 0;
  #sent = 0;

  constructor(clients: readonly LoggedClient[], rooms: Rooms, perSecond: number) {
    this.#clients = clients;
    this.#rooms = [rooms.hall, rooms.club];
    this.#perSecond = perSecond;
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  comeToRest(): void {
    setTimeout(() => this.stop(), LAST_WORDS_MS);
  }

  stop(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#talkedMs = performance.now() - this.#startedAt;
  }

  figures(): SteadyFigures {
    return {
      sent: this.#sent,
      acknowledged: this.#ack.count,
      refused: this.#refused,
      perSecond: (this.#sent * 1_000) / this.#talkedMs,
      ack: this.#ack.percentiles(),
    };
  }

  #tick(): void {
    const until = ((performance.now() - this.#startedAt) * this.#perSecond) / 1_000;
    for (; this.#due < until; this.#due++) this.#say(this.#due);
  }

  #say(number: number): void {
    const turn = Math.floor(number / this.#clients.length);
    const client = this.#clients[number % this.#clients.length];
    const room = this.#rooms[turn % this.#rooms.length];
    if (client === undefined || room === undefined || client.unsent >= MAX_UNSENT) return;
    this.#sent += 1;
    const at = performance.now();
    client.client
      .channel(room)
      .send(`${client.name} ${number}`)
      .then(
        () => this.#ack.record(performance.now() - at),
        (error: unknown) => this.#refused.push(codeOf(error)),
      );
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
