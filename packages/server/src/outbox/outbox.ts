import { BlockedList } from './blocked-list.ts';
import { Fifo } from './fifo.ts';
import { DEFAULT_LIMITS, type FlusherLimits, type FlusherOptions, type FlusherStats } from './flusher-options.ts';
import type { Frame } from './frame.ts';
import { createLoop } from './loop.ts';
import { Pacer } from './pacer.ts';
import { Rope } from './rope.ts';
import type { Wire } from './wire.ts';
import { type OnWritten, WriteMarks } from './write-marks.ts';

export type { FlusherOptions, FlusherStats, Wire };

/** Sockets per turn of the loop: 2 ms at 5 to 8 us each, so that input is read and single frames get through. */
const SLICE = 256;
/** Even when the express list fills every slice, this many of the bulk list move on. */
const MIN_BULK_SLICE = SLICE / 4;

/** In the express list: single sockets and small audiences. */
const EXPRESS = 1;
/** In the bulk list: large audiences. */
const BULK = 2;
/** In the list of those whose socket must drain first. */
const BLOCKED = 4;
/** Cut; reported or about to be. */
const SLOW = 8;
/** Closed by its owner. */
const CLOSED = 16;

const DETACHED: Wire = { write: () => false, writableLength: 0, destroyed: true };

/**
 * The bounded buffer before one socket. Frames leave in exactly the order of `push` and `broadcast`, each once; an
 * outbox that is closed or reported slow has sent a prefix of them. `wire`, `history` and `state` are the flusher's.
 */
export class Outbox {
  readonly #flusher: Flusher;
  wire: Wire;
  history: Rope = Rope.empty;
  state = 0;

  /** Use `Flusher.createOutbox`. */
  constructor(flusher: Flusher, wire: Wire) {
    this.#flusher = flusher;
    this.wire = wire;
  }

  /**
   * Appends a frame for this socket only (acks, replies); false when it was not taken, because the socket is behind and the
   * frame may be lost, or the outbox is closed. A caller with many frames in hand, like a resume, watches
   * `pendingBytes` and pauses: above the bound the socket is cut as slow.
   */
  push(frame: Frame): boolean {
    return this.#flusher.push(this, frame);
  }

  /** Bytes not yet handed to the kernel: queued here and in the socket. */
  get pendingBytes(): number {
    return this.history.bytes + this.wire.writableLength;
  }

  /** Writes what is pending at once, whatever the socket has unsent, so that a close frame can follow it. */
  flush(): void {
    this.#flusher.flushOutbox(this);
  }

  /** Drops what is pending, takes no more and lets the socket go. Call it before a close frame is sent. */
  close(): void {
    this.state |= CLOSED;
    this.history = Rope.empty;
    this.wire = DETACHED;
  }
}

/** One per process: which outboxes have frames pending, and when they are written. */
export class Flusher {
  readonly #onSlow: (outbox: Outbox) => void;
  readonly #limits: FlusherLimits;
  readonly #pacer: Pacer;
  readonly #marks: WriteMarks;

  readonly #express = new Fifo<Outbox>();
  readonly #bulk = new Fifo<Outbox>();
  readonly #blocked: BlockedList<Outbox>;
  /** Cut and not yet reported. */
  #slow: Outbox[] = [];
  /** Ropes that hold joined bytes. */
  #joined: Rope[] = [];
  /** Outboxes of the bulk list that were in it when the cycle began. */
  #cycleLeft = 0;
  /** The counts when the cycle began. */
  #cycleCounts = { writes: 0, bytes: 0 };
  readonly #counts = { flushes: 0, writes: 0, bytes: 0, droppedEphemeral: 0, slow: 0 };

  constructor(options: FlusherOptions<Outbox>) {
    const { onSlow, loop = createLoop(), ...limits } = options;
    this.#onSlow = onSlow;
    this.#marks = new WriteMarks(loop);
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#pacer = new Pacer(loop, this.#limits.maxWindowMs, () => this.#flushSlice());
    this.#blocked = new BlockedList(loop, this.#staysBlocked, () => this.#settle());
  }

  /** The outbox of one socket. */
  createOutbox(wire: Wire): Outbox {
    return new Outbox(this, wire);
  }

  /** Appends one frame to every outbox given but `except`: nothing is copied or written, one pointer moves each. */
  broadcast(outboxes: Iterable<Outbox>, frame: Frame, except?: Outbox): void {
    const left: Rope[] = [];
    const sizeBefore = this.#bulk.size;
    try {
      for (const outbox of outboxes) {
        if (outbox === except || this.#refuses(outbox, frame)) continue;
        const from = outbox.history;
        let to = from.next;
        if (to === null || to.frame !== frame) {
          to = from.append(frame);
          from.next = to;
          left.push(from);
        }
        outbox.history = to;
        if ((outbox.state & (EXPRESS | BULK | BLOCKED)) === 0) {
          outbox.state |= BULK;
          this.#bulk.add(outbox);
        }
        this.#relieve(outbox);
      }
    } finally {
      // These are the only links forward: left in place they would keep all later frames alive behind a slow socket.
      for (const rope of left) rope.next = null;
      this.#letSmallAudiencePass(this.#bulk.size - sizeBefore);
      this.#settle();
    }
  }

  /** Appends one frame to one outbox; `Outbox.push` calls it. */
  push(outbox: Outbox, frame: Frame): boolean {
    if (this.#refuses(outbox, frame)) return false;
    outbox.history = outbox.history.append(frame);
    if ((outbox.state & (EXPRESS | BLOCKED)) === 0) {
      outbox.state |= EXPRESS;
      this.#express.add(outbox);
    }
    this.#relieve(outbox);
    this.#settle();
    return true;
  }

  /** Writes what one outbox has pending; `Outbox.flush` calls it. */
  flushOutbox(outbox: Outbox): void {
    this.#write(outbox);
    this.#settle();
  }

  /** Flushes every dirty outbox now, without slices or window. Sockets above the high-water mark keep their frames. */
  flushNow(): void {
    this.#blocked.sweep();
    do this.#flushSlice();
    while (this.#dirty > 0);
  }

  /** Calls back when all that is pending now was written to those sockets that take it; never where nothing is pending. */
  whenWritten(onWritten: OnWritten): void {
    if (this.#dirty > 0) this.#marks.add(onWritten);
  }

  /** Figures for metrics and tests. */
  stats(): FlusherStats {
    return { dirty: this.#dirty, blocked: this.#blocked.size, ...this.#counts };
  }

  /** Bytes that wait before the sockets that do not take their data. */
  get blockedBytes(): number {
    let bytes = 0;
    for (const outbox of this.#blocked.items()) bytes += outbox.pendingBytes;
    return bytes;
  }

  get #dirty(): number {
    return this.#express.size + this.#bulk.size;
  }

  #refuses(outbox: Outbox, frame: Frame): boolean {
    if ((outbox.state & (SLOW | CLOSED)) !== 0) return true;
    if (!frame.ephemeral || outbox.pendingBytes <= this.#limits.maxEphemeralBytes) return false;
    this.#counts.droppedEphemeral++;
    return true;
  }

  /** Keeps the bound between flushes: a socket that can take bytes gets them early, one that cannot is cut. */
  #relieve(outbox: Outbox): void {
    const max = this.#limits.maxPendingBytes;
    if (outbox.history.bytes <= max && (outbox.state & BLOCKED) === 0) return;
    if (outbox.pendingBytes <= max) return;
    if (this.#isClogged(outbox)) this.#cut(outbox);
    else this.#write(outbox);
  }

  #isClogged(outbox: Outbox): boolean {
    return outbox.wire.writableLength > this.#limits.highWaterBytes;
  }

  /** An audience that fits a slice does not wait behind a large one. */
  #letSmallAudiencePass(count: number): void {
    if (count > SLICE) return;
    for (const outbox of this.#bulk.takeLast(count)) {
      outbox.state ^= BULK | EXPRESS;
      this.#express.add(outbox);
    }
  }

  /** Ends each entry from outside and each turn: no joined bytes are kept, and a turn is due if there is work. */
  #settle(): void {
    if (this.#joined.length > 0) {
      for (const rope of this.#joined) rope.joined = null;
      this.#joined = [];
    }
    if (this.#dirty > 0 || this.#slow.length > 0) {
      this.#pacer.request(this.#cycleLeft > 0 || this.#express.size >= SLICE);
    }
  }

  #flushSlice(): void {
    this.#counts.flushes++;
    if (this.#cycleLeft === 0) {
      this.#pacer.startCycle();
      this.#cycleCounts = { writes: this.#counts.writes, bytes: this.#counts.bytes };
      this.#cycleLeft = this.#bulk.size;
    }
    const express = Math.min(SLICE, this.#express.size);
    const bulk = Math.min(this.#cycleLeft, Math.max(SLICE - express, MIN_BULK_SLICE));
    this.#cycleLeft -= bulk;
    this.#marks.begin(this.#express.size, this.#bulk.size);
    this.#express.take(express, this.#visitExpress);
    this.#bulk.take(bulk, this.#visitBulk);
    this.#marks.served(express, bulk);
    if (this.#cycleLeft === 0) this.#endCycle();
    this.#reportSlow();
    this.#settle();
  }

  #endCycle(): void {
    const writes = this.#counts.writes - this.#cycleCounts.writes;
    if (writes > 0) this.#pacer.endCycle((this.#counts.bytes - this.#cycleCounts.bytes) / writes);
  }

  readonly #visitExpress = (outbox: Outbox): void => {
    outbox.state &= ~EXPRESS;
    this.#visit(outbox);
  };

  readonly #visitBulk = (outbox: Outbox): void => {
    outbox.state &= ~BULK;
    this.#visit(outbox);
  };

  #visit(outbox: Outbox): void {
    if (outbox.history === Rope.empty) return;
    if (!this.#isClogged(outbox)) this.#write(outbox);
    else if (outbox.pendingBytes > this.#limits.maxPendingBytes) this.#cut(outbox);
    else this.#block(outbox);
  }

  #write(outbox: Outbox): void {
    const { history, wire } = outbox;
    if (history === Rope.empty) return;
    outbox.history = Rope.empty;
    if (wire.destroyed) {
      outbox.close();
      return;
    }
    if (history.joined === null) {
      history.joined = history.join();
      this.#joined.push(history);
    }
    this.#counts.writes++;
    this.#counts.bytes += history.bytes;
    wire.write(history.joined);
  }

  #cut(outbox: Outbox): void {
    outbox.state |= SLOW;
    outbox.history = Rope.empty;
    this.#counts.slow++;
    this.#slow.push(outbox);
  }

  #reportSlow(): void {
    if (this.#slow.length === 0) return;
    const slow = this.#slow;
    this.#slow = [];
    for (const outbox of slow) {
      if ((outbox.state & CLOSED) === 0) this.#onSlow(outbox);
    }
  }

  #block(outbox: Outbox): void {
    if ((outbox.state & BLOCKED) !== 0) return;
    outbox.state |= BLOCKED;
    this.#blocked.add(outbox);
  }

  readonly #staysBlocked = (outbox: Outbox, stalledMs: number): boolean => {
    if (outbox.history !== Rope.empty && this.#isClogged(outbox)) {
      if (stalledMs <= this.#limits.maxStallMs) return true;
      this.#cut(outbox);
    }
    outbox.state &= ~BLOCKED;
    if (outbox.history !== Rope.empty && (outbox.state & BULK) === 0) {
      outbox.state |= BULK;
      this.#bulk.add(outbox);
    }
    return false;
  };
}
