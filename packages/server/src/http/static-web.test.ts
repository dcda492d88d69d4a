import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { registerStaticWeb } from './static-web.ts';

const PAGE = `<!doctype html>${'<p>x</p>'.repeat(100)}`;
const SCRIPT = `console.log(${JSON.stringify('y'.repeat(2_000))})`;
let directory: string;
let app: FastifyInstance;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'parley-web-'));
  await mkdir(join(directory, 'assets'));
  await writeFile(join(directory, 'index.html'), PAGE);
  await writeFile(join(directory, 'assets', 'app-1a2b.js'), SCRIPT);
  await writeFile(join(directory, 'assets', 'app-1a2b.js.br'), 'in brotli');
  await writeFile(join(directory, 'assets', 'app-1a2b.js.gz'), 'in gzip');
  await writeFile(join(directory, 'service-worker.js'), 'self');
  app = fastify();
});

afterEach(async () => {
  await app.close();
  await rm(directory, { recursive: true });
});

describe('static web', () => {
  test('the page is asked for again each time and allows nothing inline', async () => {
    await registerStaticWeb(app, directory);
    const answer = await app.inject('/');
    expect(answer.body).toBe(PAGE);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-cache');
    expect(answer.headers['content-security-policy']).toContain("default-src 'self'");
    expect(answer.headers['content-security-policy']).not.toContain('unsafe');
    expect(answer.headers['x-content-type-options']).toBe('nosniff');
    expect((await app.inject('/index.html')).body).toBe(PAGE);
  });

  test('a page that has not changed is not sent again', async () => {
    await registerStaticWeb(app, directory);
    const { etag } = (await app.inject('/')).headers;
    const answer = await app.inject({ url: '/', headers: { 'if-none-match': String(etag) } });
    expect(answer.statusCode).toBe(304);
    expect(answer.body).toBe('');
  });

  test('hashed files are kept for ever, the service worker is not', async () => {
    await registerStaticWeb(app, directory);
    expect((await app.inject('/assets/app-1a2b.js')).headers['cache-control']).toContain('immutable');
    expect((await app.inject('/service-worker.js')).headers['cache-control']).toBe('no-cache');
  });

  test('a browser gets the packing that it asks for, as the build has left it', async () => {
    await registerStaticWeb(app, directory);
    const ask = (encoding: string, url = '/assets/app-1a2b.js') =>
      app.inject({ url, headers: { 'accept-encoding': encoding } });
    const brotli = await ask('gzip, deflate, br');
    expect(brotli.headers).toMatchObject({ 'content-encoding': 'br', vary: 'accept-encoding' });
    expect(brotli.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(brotli.body).toBe('in brotli');
    expect((await ask('gzip')).body).toBe('in gzip');
    expect((await ask('identity')).body).toBe(SCRIPT);
    const page = await ask('gzip, deflate, br', '/');
    expect(page.headers).not.toHaveProperty('content-encoding');
    expect(page.body).toBe(PAGE);
  });

  test('a packed file has no address of its own', async () => {
    await registerStaticWeb(app, directory);
    expect((await app.inject('/assets/app-1a2b.js.br')).statusCode).toBe(404);
  });

  test('nothing outside the directory is served', async () => {
    await registerStaticWeb(app, directory);
    for (const url of ['/../secret', '/assets/../../secret', '/%2e%2e/secret', '/assets/none.js']) {
      expect((await app.inject(url)).statusCode).toBe(404);
    }
  });

  test('without a build the page says how to make one', async () => {
    await registerStaticWeb(app, join(directory, 'nowhere'));
    expect((await app.inject('/')).body).toContain('npm run build');
  });
});
