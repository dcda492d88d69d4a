import type { Clock, Timer } from './clock.ts';

export interface BatchedOptions<Key, Value> {
  /** Loads many keys at once; the answer is by name, and keys without a value are left out. */
  readonly load: (keys: readonly Key[]) => Promise<ReadonlyMap<string, Value>>;
  /** Keys of one name are loaded once. */
  readonly nameOf: (key: Key) => string;
  /** Most keys of one load. */
  readonly maxKeys: number;
  /** Loads at a time. */
  readonly maxRunning: number;
  /** Between the starts of two loads. */
  readonly spacingMs: number;
  readonly clock: Clock;
}

interface Waiting<Key, Value> {
  readonly key: Key;
  resolve(value: Value | undefined): void;
  reject(error: unknown): void;
}

/**
 * Turns single look-ups into loads of many: what is asked in one moment goes together, and batches form while earlier ones run
 * and for a while after the last one began. A quiet process thus loads one key at a time without delay; a busy one costs far less
 * for each key, since most of what a load costs it costs for a single one too.
 */
export function batched<Key, Value>(options: BatchedOptions<Key, Value>): (key: Key) => Promise<Value | undefined> {
  const { load, nameOf, maxKeys, maxRunning, spacingMs, clock } = options;
  const waiting: Waiting<Key, Value>[] = [];
  let running = 0;
  let nextAtMs = Number.NEGATIVE_INFINITY;
  let turn: Timer | null = null;
  let isGathering = false;

  async function run(): Promise<void> {
    const batch = waiting.splice(0, maxKeys);
    running += 1;
    nextAtMs = clock.monotonic() + spacingMs;
    try {
      const values = await load([...new Map(batch.map(({ key }) => [nameOf(key), key])).values()]);
      for (const entry of batch) entry.resolve(values.get(nameOf(entry.key)));
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    } finally {
      running -= 1;
      start();
    }
  }

  function start(): void {
    if (turn !== null) return;
    while (waiting.length > 0 && running < maxRunning) {
      const waitMs = nextAtMs - clock.monotonic();
      if (waitMs > 0) {
        turn = clock.setTimeout(() => {
          turn = null;
          start();
        }, waitMs);
        return;
      }
      void run();
    }
  }

  /** Those who were let go together by an earlier look-up ask for the next one in the same moment. */
  function gather(): void {
    if (isGathering) return;
    isGathering = true;
    queueMicrotask(() => {
      isGathering = false;
      start();
    });
  }

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      gather();
    });
}
