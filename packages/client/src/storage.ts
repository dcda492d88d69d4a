/** Where the client keeps what must outlive it: messages not yet sent, and how far a bot has got. Values are JSON texts. */
export interface ClientStorage {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
  delete(key: string): Promise<void>;
  /** All pairs whose key starts with `prefix`, in any order. */
  entries(prefix: string): Promise<readonly (readonly [key: string, value: string])[]>;
}

/** Keeps things for as long as the process lives. */
export function memoryStorage(): ClientStorage {
  const values = new Map<string, string>();
  return {
    get: async (key) => values.get(key),
    set: async (key, value) => {
      values.set(key, value);
    },
    delete: async (key) => {
      values.delete(key);
    },
    entries: async (prefix) => [...values].filter(([key]) => key.startsWith(prefix)),
  };
}
