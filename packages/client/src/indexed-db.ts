import type { ClientStorage } from './storage.ts';

const STORE = 'values';

/** Keeps things in the browser's IndexedDB, so that they survive a closed tab. Name it per user and server; tabs may share it. */
export function indexedDbStorage(name: string): ClientStorage {
  let opening: Promise<IDBDatabase> | null = null;
  const open = (): Promise<IDBDatabase> => {
    const forget = () => {
      opening = null;
    };
    opening ??= openDatabase(name, forget).catch((error: unknown) => {
      forget();
      throw error;
    });
    return opening;
  };
  const run = async <Result>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<Result>) => {
    const database = await open();
    return finished(work(database.transaction(STORE, mode).objectStore(STORE)));
  };
  return {
    get: async (key) => {
      const value: unknown = await run('readonly', (store) => store.get(key));
      return typeof value === 'string' ? value : undefined;
    },
    set: async (key, value) => {
      await run('readwrite', (store) => store.put(value, key));
    },
    delete: async (key) => {
      await run('readwrite', (store) => store.delete(key));
    },
    entries: async (prefix) => {
      const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
      const store = (await open()).transaction(STORE, 'readonly').objectStore(STORE);
      // Both in one transaction: another tab cannot come between them.
      const [keys, values] = await Promise.all([finished(store.getAllKeys(range)), finished(store.getAll(range))]);
      return keys.flatMap((key, index) => (typeof key === 'string' ? [[key, String(values[index])] as const] : []));
    },
  };
}

/** `onClosed` is called when the browser has ended the connection, such as when the user cleared what sites keep. */
async function openDatabase(name: string, onClosed: () => void): Promise<IDBDatabase> {
  const request = indexedDB.open(`parley/${name}`, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  const database = await finished(request);
  database.onclose = onClosed;
  return database;
}

function finished<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the browser storage failed'));
  });
}
