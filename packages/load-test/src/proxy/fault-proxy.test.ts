import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Random } from '../random.ts';
import { FaultProxy } from './fault-proxy.ts';

let server: Server;
let proxy: FaultProxy;
/** What the server behind the proxy has read, and how its connections ended. */
let served: { text: string; pieces: number; ended: boolean; closed: boolean; failed: boolean }[];
const sockets: Socket[] = [];

beforeEach(async () => {
  served = [];
  server = createServer((socket) => {
    const facts = { text: '', pieces: 0, ended: false, closed: false, failed: false };
    served.push(facts);
    sockets.push(socket);
    socket.on('data', (bytes) => {
      facts.text += bytes.toString('latin1');
      facts.pieces += 1;
      socket.write(bytes);
    });
    socket.on('end', () => {
      facts.ended = true;
    });
    socket.on('error', () => {
      facts.failed = true;
    });
    socket.on('close', () => {
      facts.closed = true;
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target = { port: (server.address() as AddressInfo).port, host: '127.0.0.1' };
  proxy = await FaultProxy.listen(target, new Random(1n));
});
afterEach(async () => {
  await proxy.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
});

interface Caller {
  readonly socket: Socket;
  text: () => string;
  error(): string | undefined;
  readonly closed: Promise<void>;
}

async function call(): Promise<Caller> {
  const socket = connect(proxy.port, '127.0.0.1');
  let text = '';
  let error: string | undefined;
  sockets.push(socket);
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
  });
  socket.on('error', (cause: NodeJS.ErrnoException) => {
    error = cause.code;
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  await once(socket, 'connect');
  return { socket, text: () => text, error: () => error, closed };
}

/** Says something and waits for the echo. */
async function echo(caller: Caller, text: string): Promise<void> {
  caller.socket.write(text);
  await expect.poll(caller.text).toContain(text);
}

test('passes everything on when nothing is wrong, and tells each side of the other’s end', async () => {
  const caller = await call();
  const large = 'x'.repeat(300_000);
  await echo(caller, large);
  expect(proxy.connections).toBe(1);
  caller.socket.end();
  await caller.closed;
  await expect.poll(() => served[0]?.ended).toBe(true);
  expect(caller.error()).toBeUndefined();
  await expect.poll(() => proxy.connections).toBe(0);
});

test('delays by latency and jitter, and keeps the order', async () => {
  const caller = await call();
  proxy.set({ latencyMs: 30, jitterMs: 40 });
  const startedAt = performance.now();
  const words = Array.from({ length: 20 }, (_, index) => `${index};`);
  for (const word of words) caller.socket.write(word);
  await expect.poll(() => caller.text().length).toBe(words.join('').length);
  expect(caller.text()).toBe(words.join(''));
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(60);
});

test('holds to a rate, and pushes back on who sends more', async () => {
  const caller = await call();
  proxy.set({ bytesPerSecond: 1_000_000 });
  const startedAt = performance.now();
  await echo(caller, 'y'.repeat(200_000));
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(190);
});

test('slices', async () => {
  const caller = await call();
  proxy.set({ sliceBytes: 1 });
  await echo(caller, 'one byte at a time');
  expect(served[0]?.text).toBe('one byte at a time');
});

test('stalls without losing: all comes when it heals, and the connection lives', async () => {
  const caller = await call();
  await echo(caller, 'before');
  proxy.set({ stall: ['up', 'down'] });
  caller.socket.write(' meanwhile');
  const other = await call();
  other.socket.write('new connections open too');
  expect(served[0]?.text).toBe('before');
  proxy.heal();
  await expect.poll(caller.text).toBe('before meanwhile');
  await expect.poll(other.text).toBe('new connections open too');
});

test('a stalled side does not learn that the other has gone until it heals', async () => {
  const caller = await call();
  await echo(caller, 'hello');
  proxy.set({ stall: ['up'] });
  caller.socket.resetAndDestroy();
  await caller.closed;
  const other = await call();
  expect(served[0]).toMatchObject({ ended: false, closed: false });
  expect(proxy.connections).toBe(2);
  proxy.heal();
  await expect.poll(() => served[0]?.closed).toBe(true);
  await echo(other, 'still here');
});

test('loses the answers only: what was asked is done, nobody learns of it, and the connection ends', async () => {
  const caller = await call();
  proxy.set({ swallow: ['down'] });
  caller.socket.write('do it');
  await expect.poll(() => served[0]?.text).toBe('do it');
  const untouched = await call();
  proxy.heal();
  await caller.closed;
  expect(caller.text()).toBe('');
  await echo(untouched, 'as before');
});

test('resets after so many bytes, in the middle of what is said', async () => {
  const caller = await call();
  proxy.set({ resetAfterBytes: 10, sliceBytes: 4 });
  caller.socket.write('0123456789abcdef');
  await caller.closed;
  expect(served[0]?.text.length).toBeLessThanOrEqual(10);
});

test('cuts by a reset or in order, and refuses', async () => {
  const [reset, ended] = [await call(), await call()];
  await echo(reset, 'a');
  proxy.cut('reset');
  await Promise.all([reset.closed, ended.closed]);
  expect(reset.error()).toBe('ECONNRESET');
  const orderly = await call();
  await echo(orderly, 'b');
  proxy.cut('end');
  await orderly.closed;
  expect(orderly.error()).toBeUndefined();
  proxy.set({ refuse: true });
  const refused = connect(proxy.port, '127.0.0.1');
  // `once` for a close would throw the error that comes before it.
  await new Promise<void>((resolve) => void refused.on('error', () => {}).once('close', () => resolve()));
  proxy.heal();
  await echo(await call(), 'again');
});

test('corrupts single bits by its seed, and garbles both sides', async () => {
  const caller = await call();
  proxy.set({ corrupt: 1 });
  caller.socket.write('a'.repeat(40));
  await expect.poll(() => served[0]?.text.length).toBe(40);
  expect(served[0]?.text).not.toBe('a'.repeat(40));
  proxy.heal();
  proxy.garble();
  await caller.closed;
  expect(caller.text()).toContain('\u00ff');
  await expect.poll(() => served[0]?.text).toContain('\u00ff');
});
