import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { SETTINGS } from '../packages/server/src/config/settings.ts';
import { PROGRAM_DIRECTORY } from './build-program.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const known = new Set(Object.values(SETTINGS).map(({ env }) => env as string));
/** Of the images and the composition, not settings of the server. */
const FOREIGN = new Set(['PARLEY_DB_PASSWORD', 'NODE_ENV']);

describe('the files to deploy with', () => {
  test('every variable that they set is a setting', () => {
    const composed = [...read('docker-compose.yml').matchAll(/^ {4}((?:PARLEY|REDIS|DATABASE)_\w+):/gm)];
    const baked = [...read('Dockerfile').matchAll(/\b([A-Z]+(?:_[A-Z]+)*)=/g)];
    const named = [...composed, ...baked].map((match) => match[1] ?? '');
    expect(named).toContain('REDIS_URL');
    expect(named.filter((name) => !known.has(name) && !FOREIGN.has(name))).toEqual([]);
  });

  test('the image starts what the build makes, and copies what is there', () => {
    const dockerfile = read('Dockerfile');
    const program = /CMD \["node", "(.+?)", "start"\]/.exec(dockerfile)?.[1] ?? '';
    expect(join(root, program)).toBe(join(PROGRAM_DIRECTORY, 'parley.mjs'));
    expect(dockerfile).toMatch(/^USER node$/m);
  });

  test('the proxy leads to every node of the composition, and to nothing else', () => {
    const nodes = [...read('docker-compose.yml').matchAll(/^ {2}(\w+): \*node$/gm)].map((match) => `${match[1]}:8080`);
    const upstream = [...read('deploy/nginx.conf').matchAll(/^\s+server (\S+:\d+)/gm)].map((match) => match[1]);
    expect(nodes.length).toBeGreaterThan(1);
    expect(upstream).toEqual(nodes);
    expect(/^\s+reverse_proxy (.+) \{$/m.exec(read('deploy/Caddyfile'))?.[1]?.split(' ')).toEqual(nodes);
  });

  test('a node has the time to hand its clients over before it is killed', () => {
    const notice = SETTINGS.drainNotice.schema.parse(undefined);
    // The slowest move, what closing takes, and the queue's own deadline.
    const neededMs = notice + 20_000 + 1_000 + 10_000;
    expect(Number(/stop_grace_period: (\d+)s/.exec(read('docker-compose.yml'))?.[1]) * 1_000).toBeGreaterThan(neededMs);
    expect(Number(/TimeoutStopSec=(\d+)/.exec(read('deploy/parley.service'))?.[1]) * 1_000).toBeGreaterThan(neededMs);
  });

  test('proxies notice within the notice that a node gives', () => {
    const notice = SETTINGS.drainNotice.schema.parse(undefined);
    const interval = Number(/health_interval (\d+)s/.exec(read('deploy/Caddyfile'))?.[1]) * 1_000;
    expect(interval).toBeLessThan(notice);
    expect(read('deploy/nginx.conf')).toMatch(/proxy_next_upstream error http_503;/);
  });

  test('the proxy keeps a quiet socket for longer than two heartbeats', () => {
    const seconds = Number(/proxy_read_timeout (\d+)s/.exec(read('deploy/nginx.conf'))?.[1]);
    expect(seconds * 1_000).toBeGreaterThan(2 * SETTINGS.heartbeatInterval.schema.parse(undefined));
  });
});
