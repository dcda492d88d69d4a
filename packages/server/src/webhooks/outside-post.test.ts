import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readRanges } from '../rate-limit/address.ts';
import { isReachable, postOutside } from './outside-post.ts';

const NONE = readRanges([]);
const LOOPBACK = readRanges(['127.0.0.0/8', '::1']);
let asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  if (request.url === '/never') return;
  if (request.url === '/endless') return void setInterval(() => response.write('more'), 1).unref();
  if (request.url === '/moved') response.writeHead(302, { location: '/elsewhere' });
  else response.writeHead(200);
  response.end('ok');
});
let port: number;
beforeAll(async () => {
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const post = (url: string, allowed = NONE) => postOutside({ url, headers: {}, body: '{}', allowed });

describe('addresses of webhooks', () => {
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '169.254.169.254',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'fd00::1',
    'fe80::1%eth0',
    'nonsense',
  ])('[HOOK5] %s is inside', (address) => expect(isReachable(address, NONE)).toBe(false));

  test.each(['1.1.1.1', '172.32.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])('[HOOK5] %s is outside', (address) =>
    expect(isReachable(address, NONE)).toBe(true),
  );

  test('[HOOK5] what leads inside is not asked, however it is written; what an operator allows is', async () => {
    asked = [];
    for (const host of ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::1]', '[::ffff:127.0.0.1]']) {
      await expect(post(`http://${host}:${port}/`), host).rejects.toThrow('leads inside');
    }
    expect(asked).toEqual([]);
    expect(await post(`http://localhost:${port}/in`, LOOPBACK)).toMatchObject({ status: 200 });
    expect(await post(`http://127.0.0.1:${port}/moved`, LOOPBACK)).toMatchObject({ status: 302 });
    expect(asked).toEqual(['/in', '/moved']);
  });

  test('[HOOK5] one that never answers is given up, and one that never stops is not listened to', async () => {
    const address = `http://127.0.0.1:${port}`;
    const never = postOutside({ url: `${address}/never`, headers: {}, body: '{}', allowed: LOOPBACK, timeoutMs: 50 });
    await expect(never).rejects.toThrow();
    expect(await post(`${address}/endless`, LOOPBACK)).toMatchObject({ status: 200 });
  });
});
