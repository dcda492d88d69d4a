export interface BatchedOptions<Key, Value> {
  /** Loads many keys at once; the answer is by name, and keys without a value are left out. */
  readonly load: (keys: readonly Key[]) => Promise<ReadonlyMap<string, Value>>;
  /** Keys of one name are loaded once. */
  readonly nameOf: (key: Key) => string;
  /** Most keys of one load. */
  readonly maxKeys: number;
  /** Loads at a time. */
  readonly maxRunning: number;
}

interface Waiting<Key, Value> {
  readonly key: Key;
  resolve(value: Value | undefined): void;
  reject(error: unknown): void;
}

/**
 * Turns single look-ups into loads of many: a batch is never waited for, it forms while earlier ones run. A quiet process
 * thus loads one key at a time without delay, and a busy one costs far less per key.
 */
export function batched<Key, Value>(options: BatchedOptions<Key, Value>): (key: Key) => Promise<Value | undefined> {
  const { load, nameOf, maxKeys, maxRunning } = options;
  const waiting: Waiting<Key, Value>[] = [];
  let running = 0;

  async function run(): Promise<void> {
    const batch = waiting.splice(0, maxKeys);
    running += 1;
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
    while (waiting.length > 0 && running < maxRunning) void run();
  }

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      start();
    });
}
