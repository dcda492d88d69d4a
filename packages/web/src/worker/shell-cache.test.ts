import { afterEach, expect, test, vi } from 'vitest';
import { answerFromShell, parseShell } from './shell-cache.ts';

const ORIGIN = 'https://chat.example';
const shell = parseShell(JSON.stringify({ version: '1', files: [] }));
const kept = new Response('kept');
const cache = { match: async () => kept } as unknown as Cache;
const storage = { open: async () => cache } as unknown as CacheStorage;

afterEach(() => vi.restoreAllMocks());

test.each([
  ['the page', '/', 'navigate'],
  ['a script that the page waits for', '/theme.js', 'no-cors'],
])('%s comes from what is kept when the network does not answer', async (_name, path, mode) => {
  const timeout = new AbortController();
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(timeout.signal);
  vi.spyOn(globalThis, 'fetch').mockImplementation(
    (_request, { signal } = {}) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
  );
  const request = { method: 'GET', mode, url: ORIGIN + path } as Request;
  const answer = answerFromShell(request, ORIGIN, shell, storage);
  timeout.abort();
  // One that waits for ever would never be given.
  expect(await Promise.race([answer, new Promise((resolve) => setImmediate(resolve, 'nothing'))])).toBe(kept);
});
