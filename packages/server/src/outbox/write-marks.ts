import type { Loop } from './loop.ts';

/** What is called when everything that was pending at a moment has had its turn at the sockets. */
export type OnWritten = (tookMs: number) => void;

interface Mark {
  readonly atMs: number;
  readonly onWritten: OnWritten;
}

/**
 * Says when what was put before the sockets was written. A mark stands behind all who are dirty at its moment; it is reached when
 * both lists have moved on by as many as were in them when it came to the front. Nothing is counted while nobody marks.
 */
export class WriteMarks {
  readonly #loop: Loop;
  #waiting: Mark[] = [];
  #open: Mark[] = [];
  #expressLeft = 0;
  #bulkLeft = 0;

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  add(onWritten: OnWritten): void {
    this.#waiting.push({ atMs: this.#loop.nowMs(), onWritten });
  }

  /** A slice begins, with so many in the lists. */
  begin(express: number, bulk: number): void {
    if (this.#open.length > 0 || this.#waiting.length === 0) return;
    this.#open = this.#waiting;
    this.#waiting = [];
    this.#expressLeft = express;
    this.#bulkLeft = bulk;
  }

  /** A slice has served so many of the front of each list. */
  served(express: number, bulk: number): void {
    if (this.#open.length === 0) return;
    this.#expressLeft -= express;
    this.#bulkLeft -= bulk;
    if (this.#expressLeft > 0 || this.#bulkLeft > 0) return;
    const reached = this.#open;
    this.#open = [];
    const now = this.#loop.nowMs();
    for (const { atMs, onWritten } of reached) onWritten(now - atMs);
  }
}
