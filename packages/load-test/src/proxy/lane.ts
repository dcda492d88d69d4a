import type { Socket } from 'node:net';
import type { Random } from '../random.ts';
import type { Direction, LinkFaults } from './link-faults.ts';

/** Above this the sender is not read any more, so that a slow link pushes back as a real one does. */
const MAX_HELD_BYTES = 1_048_576;

interface Held {
  /** Null is the end of the stream. */
  readonly bytes: Buffer | null;
  dueMs: number;
}

/** What a lane asks of the link that it belongs to. */
export interface LanePorts {
  faults(): LinkFaults;
  readonly random: Random;
  /** Bytes that are about to be passed; false when the connection must end instead. */
  mayPass(bytes: number): boolean;
  /** Something was lost: this connection cannot be healed. */
  onLoss(): void;
}

/** One direction of one connection: takes bytes, and gives them on as the link's faults allow, in order. */
export class Lane {
  readonly #direction: Direction;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #ports: LanePorts;
  #held: Held[] = [];
  #heldBytes = 0;
  #timer: NodeJS.Timeout | null = null;
  /** When the bytes passed so far have left, at the link's rate. */
  #freeAtMs = 0;
  #isBlocked = false;

  constructor(direction: Direction, from: Socket, to: Socket, ports: LanePorts) {
    this.#direction = direction;
    this.#from = from;
    this.#to = to;
    this.#ports = ports;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.on('end', () => {
      if (this.#isSwallowed) ports.onLoss();
      else this.#hold(null);
    });
    to.on('drain', () => {
      this.#isBlocked = false;
      this.flush();
    });
  }

  /** Passes on what is due; to be called when the faults have changed. */
  flush(): void {
    this.#cancelTimer();
    const nowMs = performance.now();
    for (;;) {
      const next = this.#held[0];
      if (next === undefined || this.#isBlocked || this.#faults.stall?.includes(this.#direction) === true) break;
      if (next.dueMs > nowMs) {
        this.#timer = setTimeout(() => this.flush(), next.dueMs - nowMs);
        break;
      }
      this.#held.shift();
      if (!this.#pass(next.bytes)) return;
    }
    if (this.#heldBytes < MAX_HELD_BYTES) this.#from.resume();
  }

  /** Forgets what is held. */
  close(): void {
    this.#cancelTimer();
    this.#held = [];
  }

  get #faults(): LinkFaults {
    return this.#ports.faults();
  }

  get #isSwallowed(): boolean {
    return this.#faults.swallow?.includes(this.#direction) === true;
  }

  #take(bytes: Buffer): void {
    if (this.#isSwallowed) return this.#ports.onLoss();
    const { sliceBytes, corrupt = 0 } = this.#faults;
    const whole = this.#ports.random.chance(corrupt) ? this.#turnBit(bytes) : bytes;
    const size = sliceBytes ?? whole.length;
    for (let from = 0; from < whole.length; from += size) this.#hold(whole.subarray(from, from + size));
  }

  #turnBit(bytes: Buffer): Buffer {
    const copy = Buffer.from(bytes);
    const at = this.#ports.random.below(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << this.#ports.random.below(8));
    return copy;
  }

  #hold(bytes: Buffer | null): void {
    this.#held.push({ bytes, dueMs: this.#dueAt(bytes?.length ?? 0) });
    this.#heldBytes += bytes?.length ?? 0;
    if (this.#heldBytes >= MAX_HELD_BYTES) this.#from.pause();
    this.flush();
  }

  #dueAt(bytes: number): number {
    const { latencyMs = 0, jitterMs = 0, bytesPerSecond } = this.#faults;
    const nowMs = performance.now();
    const last = this.#held.at(-2)?.dueMs ?? 0;
    const delayMs = latencyMs + (jitterMs > 0 ? this.#ports.random.between(0, jitterMs) : 0);
    if (bytesPerSecond === undefined)
      return delayMs === 0 && this.#held.length === 0 ? 0 : Math.max(last, nowMs + delayMs);
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs) + (bytes * 1_000) / bytesPerSecond;
    return Math.max(last, this.#freeAtMs + delayMs);
  }

  /** Gives one piece on; false when the connection ended by it. */
  #pass(bytes: Buffer | null): boolean {
    if (bytes === null) {
      this.#to.end();
      return true;
    }
    this.#heldBytes -= bytes.length;
    if (!this.#ports.mayPass(bytes.length)) return false;
    this.#isBlocked = !this.#to.write(bytes);
    return true;
  }

  #cancelTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
