import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const DIST = join(import.meta.dirname, '..', 'dist');
/** What a browser with an empty cache fetches before it can show a conversation. */
const MAX_BYTES = 200_000;

const read = (path: string) => readFileSync(join(DIST, path));

/** The page, and every file that it or one of these names without being asked to. */
function firstLoad(): ReadonlyMap<string, number> {
  const page = read('index.html').toString();
  const sizes = new Map([['index.html', gzipSync(page).length]]);
  const queue = [...page.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(([, path = '']) => path);
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    if (sizes.has(path)) continue;
    const bytes = read(path);
    sizes.set(path, gzipSync(bytes).length);
    for (const [, name = ''] of bytes.toString().matchAll(/(?:import|from)\s*"\.\/([^"]+\.js)"/g))
      queue.push(`assets/${name}`);
    // Of the font, the letters that every page has; the others come with the first word that needs them.
    for (const [name] of bytes.toString().matchAll(/figtree-latin-wght[\w-]+\.woff2/g)) {
      sizes.set(name, read(`assets/${name}`).length);
    }
  }
  return sizes;
}

test('the first visit fetches less than 200 kB', () => {
  const sizes = firstLoad();
  expect([...sizes.keys()].join()).toMatch(/(?:app|base)-.*\.js/);
  expect([...sizes.keys()].join()).toMatch(/(?:app|base)-.*\.css/);
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  console.log(`first load: ${total} bytes in ${sizes.size} files`);
  expect(total).toBeLessThan(MAX_BYTES);
});

test('what asks the server is a file of its own, and runs first', () => {
  const scripts = [
    ...read('index.html')
      .toString()
      .matchAll(/<script type="module"[^>]* src="\/assets\/(\w+)-/g),
  ];
  const names = scripts.map(([, name]) => name);
  expect(names.indexOf('start')).toBeGreaterThanOrEqual(0);
  expect(names.indexOf('base')).toBeGreaterThan(names.indexOf('start'));
  const start = [...firstLoad()].find(([path]) => /start-/.test(path)) ?? ['', Number.NaN];
  expect(start[1]).toBeLessThan(30_000);
  // It waits for no other file.
  expect(read(start[0]).toString()).not.toMatch(/(?:import|from)\s*"/);
});

test('what only some need comes later', () => {
  const names = [...firstLoad().keys()].join();
  for (const part of ['emoji-data', 'admin-view', 'de-', 'latin-ext']) expect(names).not.toContain(part);
});

test('what can be packed lies packed beside itself', () => {
  const paths = [...firstLoad().keys()].filter((path) => /[.](?:js|css|html)$/.test(path) && read(path).length > 512);
  expect(paths.length).toBeGreaterThan(3);
  for (const path of paths) {
    expect(brotliDecompressSync(read(`${path}.br`)).equals(read(path))).toBe(true);
    expect(gunzipSync(read(`${path}.gz`)).equals(read(path))).toBe(true);
  }
});
