/** Loads many keys at once; keys without a value are left out of the answer. */
export type LoadMany<Value> = (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>;

export interface BatchedOptions {
  /** Most keys of one load. */
  readonly maxKeys: number;
  /** Loads at a time. */
  readonly maxRunning: number;
}

interface Waiting<Value> {
  readonly key: string;
  resolve(value: Value | undefined): void;
  reject(error: unknown): void;
}

/**
 * Turns single look-ups into loads of many: a batch is never waited for, it forms while earlier ones run. A quiet process
 * thus loads one key at a time without delay, and a busy one costs far less per key.
 */
export function batched<Value>(
  load: LoadMany<Value>,
  options: BatchedOptions,
): (key: string) => Promise<Value | undefined> {
  const waiting: Waiting<Value>[] = [];
  let running = 0;

  async function run(): Promise<void> {
    const batch = waiting.splice(0, options.maxKeys);
    running += 1;
    try {
      const values = await load([...new Set(batch.map((entry) => entry.key))]);
      for (const entry of batch) entry.resolve(values.get(entry.key));
    } catch (error) {
      for (const entry of batch) entry.reject(error);
    } finally {
      running -= 1;
      start();
    }
  }

  function start(): void {
    while (waiting.length > 0 && running < options.maxRunning) void run();
  }

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      start();
    });
}
