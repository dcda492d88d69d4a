/** Several times what the longest run takes; with more, something goes round and round. */
const MAX_STEPS = 1_000_000;

/** Something that will run at its time, unless it is cancelled. */
export interface Scheduled {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | null;
}

/**
 * Virtual time. Everything that happens is one entry here; entries run one by one, by time and then in the order in which
 * they were made, and between two of them every promise that can settle does. So a run depends on its seed alone.
 */
export class Scheduler {
  #nowMs = 0;
  #order = 0;
  /** A binary heap by time and order. */
  readonly #heap: Scheduled[] = [];
  steps = 0;

  get nowMs(): number {
    return this.#nowMs;
  }

  /** True when so much has happened that nothing more will. */
  get isExhausted(): boolean {
    return this.steps >= MAX_STEPS;
  }

  /** Runs something once after a wait; give the entry to `cancel` to call it off. */
  after(delayMs: number, run: () => void): Scheduled {
    const entry = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run };
    this.#push(entry);
    return entry;
  }

  cancel(entry: Scheduled): void {
    entry.run = null;
  }

  /** Lets virtual time pass. `betweenSteps` is called after each entry, when all promises have settled. */
  async runFor(durationMs: number, betweenSteps?: () => void): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    await settle();
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > endMs || this.isExhausted) break;
      this.#pop();
      const { run } = next;
      if (run === null) continue;
      this.#nowMs = next.atMs;
      this.steps += 1;
      run();
      await settle();
      betweenSteps?.();
    }
    this.#nowMs = endMs;
  }

  #push(entry: Scheduled): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || !isBefore(entry, parent)) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let index = 0;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (!isBefore(child, last)) break;
      heap[index] = child;
      index = 2 * index + (isRight ? 2 : 1);
    }
    heap[index] = last;
  }
}

function isBefore(a: Scheduled, b: Scheduled): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/** Lets every promise settle that needs no time to pass. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
