const PREFIX = 'parley-shell-';
const PAGE = '/';
/** Files with plain names: few, and needed to open the app without a network. */
const PLAIN_FILES = [PAGE, '/theme.js', '/manifest.webmanifest', '/icon.svg'];
/** A network that does not answer in this time counts as none: the app opens from what is kept. */
const ANSWER_TIMEOUT_MS = 4_000;

/** The files of one version of the app, kept for opening it without a network. Nothing that people wrote is ever in here. */
export interface Shell {
  readonly cacheName: string;
  readonly files: ReadonlySet<string>;
  /** Fetches and keeps everything. */
  keep(storage: CacheStorage): Promise<void>;
  /** Drops what earlier versions kept. */
  dropOthers(storage: CacheStorage): Promise<void>;
}

/** Reads the list that the build has written. */
export function parseShell(json: string): Shell {
  const { version, files } = JSON.parse(json) as { version: string; files: string[] };
  const cacheName = PREFIX + version;
  return {
    cacheName,
    files: new Set([...files, ...PLAIN_FILES]),
    async keep(storage) {
      const cache = await storage.open(cacheName);
      await cache.addAll([...files, ...PLAIN_FILES]);
    },
    async dropOthers(storage) {
      const names = await storage.keys();
      await Promise.all(
        names.filter((name) => name.startsWith(PREFIX) && name !== cacheName).map((name) => storage.delete(name)),
      );
    },
  };
}

/** What a request gets from the shell; null when the shell has no part in it, as in everything below `/v1`. */
export function answerFromShell(
  request: Pick<Request, 'method' | 'mode' | 'url'> & Request,
  origin: string,
  shell: Shell,
  storage: CacheStorage,
): Promise<Response> | null {
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== origin) return null;
  if (request.mode === 'navigate' && url.pathname !== PAGE) return null;
  if (PLAIN_FILES.includes(url.pathname)) return networkFirst(request, url.pathname, shell, storage);
  return url.pathname.startsWith('/assets/') ? cacheFirst(request, shell, storage) : null;
}

/** The newest when there is a network: the page names the newest files. It waits for its script as long as for the page itself. */
async function networkFirst(request: Request, path: string, shell: Shell, storage: CacheStorage): Promise<Response> {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  } catch (error) {
    const cache = await storage.open(shell.cacheName);
    const kept = await cache.match(path, { ignoreVary: true });
    if (kept === undefined) throw error;
    return kept;
  }
}

/** Names of these files change with their content: what is kept is never out of date. */
async function cacheFirst(request: Request, shell: Shell, storage: CacheStorage): Promise<Response> {
  // The server's `vary` is about origins and encodings: neither makes another file of it.
  const kept = await storage.match(request, { ignoreVary: true });
  if (kept !== undefined) return kept;
  const response = await fetch(request);
  if (response.ok) {
    const cache = await storage.open(shell.cacheName);
    await cache.put(request, response.clone());
  }
  return response;
}
