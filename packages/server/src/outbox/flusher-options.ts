import type { Loop } from './loop.ts';

/** Bounds and times of a `Flusher`. */
export interface FlusherLimits {
  /** Most bytes one socket may have pending before it counts as slow. */
  maxPendingBytes: number;
  /** Longest time a socket may stay above `highWaterBytes` with frames waiting before it counts as slow. */
  maxStallMs: number;
  /** Above this many unsent bytes in the socket, frames wait in the outbox, where histories are shared. */
  highWaterBytes: number;
  /** Above this many pending bytes a socket gets no more ephemeral frames. */
  maxEphemeralBytes: number;
  /** Widest time between the starts of two flush cycles when the loop is busy with small writes. */
  maxWindowMs: number;
}

/** What a `Flusher` needs; every limit has a default. */
export interface FlusherOptions<Outbox> extends Partial<FlusherLimits> {
  /**
   * Called once for each outbox that fell too far behind, always from a flush, never from inside `push` or
   * `broadcast`. Its pending frames are gone: terminate the socket (close code `slow`), the client resumes by rev.
   * It must not throw.
   */
  onSlow: (outbox: Outbox) => void;
  /** The event loop; tests give their own. */
  loop?: Loop;
}

/** Counts since the start, except `dirty` and `blocked`, which are of now. */
export interface FlusherStats {
  /** Outboxes waiting for a flush. */
  dirty: number;
  /** Outboxes waiting for their socket to drain. */
  blocked: number;
  /** Flush turns. */
  flushes: number;
  /** Writes to sockets. */
  writes: number;
  /** Bytes written to sockets. */
  bytes: number;
  /** Ephemeral frames that a socket did not get because it was behind. */
  droppedEphemeral: number;
  /** Outboxes cut as slow. */
  slow: number;
}

/** The limits that hold where none is given. */
export const DEFAULT_LIMITS: FlusherLimits = {
  maxPendingBytes: 1 << 20,
  // One MiB in this time is 35 kB/s: who is slower than that, while at the limit, never catches up.
  maxStallMs: 30_000,
  highWaterBytes: 64 << 10,
  maxEphemeralBytes: 64 << 10,
  maxWindowMs: 5,
};
