import { performance } from 'node:perf_hooks';

/** What the flusher needs of the event loop. Tests give their own, so that no test waits. */
export interface Loop {
  /** Milliseconds that only grow. */
  nowMs(): number;
  /** Runs `turn` in this turn of the loop, after the input that is already there has been read. */
  soon(turn: () => void): void;
  /** Runs `turn` once after `delayMs`; with `unref` it does not keep the process alive. */
  later(delayMs: number, turn: () => void, unref?: boolean): void;
  /** The share of recent time, 0 to 1, in which the loop was busy. */
  utilization(): number;
}

/** Shorter samples would jump between 0 and 1 with every flush. */
const SAMPLE_MS = 25;

/** The event loop of this process. */
export function createLoop(): Loop {
  let last = performance.eventLoopUtilization();
  let lastAtMs = performance.now();
  let busy = 0;
  return {
    nowMs: () => performance.now(),
    soon: (turn) => {
      setImmediate(turn);
    },
    later: (delayMs, turn, unref = false) => {
      const timer = setTimeout(turn, delayMs);
      if (unref) timer.unref();
    },
    utilization: () => {
      const nowMs = performance.now();
      if (nowMs - lastAtMs < SAMPLE_MS) return busy;
      const current = performance.eventLoopUtilization();
      busy = performance.eventLoopUtilization(current, last).utilization;
      last = current;
      lastAtMs = nowMs;
      return busy;
    },
  };
}
