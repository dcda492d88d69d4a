import type { Progress } from '../backup/backup.ts';

const PERIOD_MS = 200;

export interface ProgressLine {
  readonly show: (progress: Progress) => void;
  /** Takes the line away, so that what comes next begins at the left. */
  readonly clear: () => void;
}

/** A line with rows and megabytes that renews itself, where people look on; nothing elsewhere. */
export function showProgress(isWanted: boolean): ProgressLine {
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    show({ rows, bytes }) {
      if (!isWanted || !process.stderr.isTTY || performance.now() - shownAt < PERIOD_MS) return;
      shownAt = performance.now();
      process.stderr.write(`\r${rows.toLocaleString('en')} rows, ${(bytes / 1_000_000).toFixed(1)} MB \u001b[K`);
    },
    clear() {
      if (shownAt !== Number.NEGATIVE_INFINITY) process.stderr.write('\r\u001b[K');
      shownAt = Number.NEGATIVE_INFINITY;
    },
  };
}
