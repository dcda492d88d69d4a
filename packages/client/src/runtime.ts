import { makeUuid } from '@parley/protocol/constants';

/** What the client takes from its surroundings. A simulation passes its own; everyone else leaves it out. */
export interface Runtime {
  /** Epoch milliseconds. May jump, so nothing waits by it. */
  now(): number;
  /** Milliseconds from an arbitrary start that never jump. */
  monotonic(): number;
  /** Runs something later, once; returns what cancels it. */
  setTimer(run: () => void, delayMs: number): () => void;
  /** From 0 up to, not including, 1. */
  random(): number;
  /** A new id that sorts by time. */
  makeId(): string;
}

/** The real clock, timers and random numbers, with whatever is passed in instead. */
export function withDefaults(given: Partial<Runtime> = {}): Runtime {
  const now = given.now ?? (() => Date.now());
  return {
    now,
    monotonic: given.monotonic ?? given.now ?? (() => performance.now()),
    setTimer: given.setTimer ?? setRealTimer,
    random: given.random ?? Math.random,
    makeId: given.makeId ?? (() => makeUuid(now())),
  };
}

function setRealTimer(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, delayMs);
  return () => clearTimeout(timer);
}
