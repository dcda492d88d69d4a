import { connect as connectTcp } from 'node:net';
import { CLOSE_CODES, LIMITS, type MessageId, makeUuid, mayReconnect, type UserId } from '@parley/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { FakeClock } from '../testing/fake-clock.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { SocketClient } from '../testing/socket-client.ts';
import { startTestNode, type TestNode } from '../testing/test-node.ts';
import { waitFor } from '../testing/wait-for.ts';

let database: MigratedDatabase;
let user: UserId;
const nodes: TestNode[] = [];
const clients: SocketClient[] = [];

beforeAll(async () => {
  database = await migratedDatabase();
  user = await addUser(database, 'door-user');
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await Promise.all(nodes.splice(0).map((node) => node.stop()));
});
afterAll(() => database.drop());

async function start(
  ...more: [Parameters<typeof startTestNode>[1]?, Parameters<typeof startTestNode>[2]?]
): Promise<TestNode> {
  const node = await startTestNode(database, ...more);
  nodes.push(node);
  return node;
}

function open(node: TestNode, headers?: Record<string, string>): SocketClient {
  const client = new SocketClient(node.url, headers === undefined ? {} : { headers });
  clients.push(client);
  return client;
}

async function ready(node: TestNode): Promise<SocketClient> {
  const client = await SocketClient.connect(node.url, user);
  clients.push(client);
  return client;
}

/** Sends raw bytes as an HTTP request and returns the status line. */
function statusOf(node: TestNode, request: string): Promise<string> {
  const { port } = new URL(node.url);
  return new Promise((resolve, reject) => {
    const socket = connectTcp(Number(port), '127.0.0.1', () => void socket.write(request));
    let text = '';
    socket.setEncoding('latin1');
    socket.on('data', (data) => {
      text += data;
      socket.destroy();
    });
    socket.on('close', () => resolve(text.split('\r\n')[0] ?? ''));
    socket.on('error', reject);
  });
}

const upgrade = (lines: readonly string[], path = '/v1/socket', method = 'GET') =>
  [
    `${method} ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    ...lines,
    '',
    '',
  ].join('\r\n');

describe('the door', () => {
  test('[DOOR1] refuses pages of other origins, whatever they are made to look like', async () => {
    const node = await start({ PARLEY_ALLOWED_ORIGINS: 'https://app.example.com' });
    const host = new URL(node.url).host;
    const foreign = [
      'https://evil.example',
      'null',
      'https://app.example.com.evil.example',
      `https://evil.example/${host}`,
      'https://app.example.com:444',
      '',
    ];
    for (const origin of foreign) await expect(open(node, { origin }).opened()).rejects.toThrow('403');
    for (const origin of ['https://app.example.com', `http://${host}`]) await open(node, { origin }).opened();
  });

  test('[DOOR3] answers broken handshakes with a status and goes on', async () => {
    const node = await start();
    const cases: [string, RegExp][] = [
      [upgrade([], '/other'), /404/],
      [upgrade([], '/v1/socket', 'POST'), /40[05]/],
      [upgrade(['Origin: null']), /403/],
      [upgrade([]).replace('dGhlIHNhbXBsZSBub25jZQ==', 'short'), /400/],
      [upgrade([]).replace('Version: 13', 'Version: 9'), /400|426/],
      [upgrade([`Sec-WebSocket-Protocol: b${' '.repeat(30_000)}x`]), /400|431/],
      [upgrade(['Sec-WebSocket-Extensions: ;;;,,=']), /400|101/],
      [upgrade(['__proto__: x', 'constructor: y']), /101/],
      [upgrade(Array.from({ length: 3_000 }, (_, index) => `X-${index}: 1`)), /431|101/],
      [upgrade([], '//[::'), /40\d/],
    ];
    for (const [request, status] of cases) expect(await statusOf(node, request), request.slice(0, 80)).toMatch(status);
    await (await ready(node)).until('welcome');
  });

  test('[DOOR2] closes a socket that has not said a valid hello in time, even if it keeps talking', async () => {
    const clock = new FakeClock();
    const node = await start({}, { clock });
    const quiet = open(node);
    await quiet.opened();
    await clock.advance(4_000);
    expect(quiet.socket.readyState).toBe(WebSocket.OPEN);
    quiet.socket.ping();
    await clock.advance(3_000);
    const { code } = await quiet.closed;
    expect(mayReconnect(code)).toBe(true);
  });

  test('[DOOR2] a client whose hello is not checked in time comes back; that the database hangs is not its fault', async () => {
    const clock = new FakeClock();
    const node = await start({}, { clock, authenticate: () => new Promise(() => {}) });
    const client = open(node);
    await client.opened();
    client.say({ t: 'hello', protocol: 1, token: user });
    await waitFor('the hello is being checked', () =>
      [...node.gateway.sessions()].some((session) => session.state === 'greeting'),
    );
    await clock.advance(7_000);
    expect((await client.closed).code).toBe(CLOSE_CODES.fault);
  });

  test('[DOOR2] lets nothing happen before hello', async () => {
    const node = await start();
    for (const first of [
      { t: 'message.send', ref: 1, d: {} },
      { t: 'ping' },
      'garbage',
      { t: 'resume', epoch: 'x', channels: [] },
    ]) {
      const client = open(node);
      await client.opened();
      client.say(first);
      expect((await client.closed).code).toBe(CLOSE_CODES.protocol);
    }
    for (const token of ['nobody', '', 'x'.repeat(5_000)]) {
      const client = open(node);
      await client.opened();
      client.say({ t: 'hello', protocol: 1, token });
      expect([CLOSE_CODES.unauthenticated, CLOSE_CODES.protocol]).toContain((await client.closed).code);
    }
    const old = open(node);
    await old.opened();
    old.say({ t: 'hello', protocol: 999, token: user });
    expect((await old.closed).code).toBe(CLOSE_CODES.version);
  });

  test('[DOOR3] answers frames it cannot read with a code, and ends only that socket when they go on', async () => {
    const node = await start();
    const channelId = await addChannel(database, [user]);
    const other = await ready(node);
    const client = await ready(node);
    const id = makeUuid() as MessageId;
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const inputs: [unknown, string][] = [
      [{ t: 'nothing.like.it', ref: 1 }, 'unknown_command'],
      [{ t: 'constructor', ref: 2 }, 'unknown_command'],
      [{ t: '__proto__', ref: 3 }, 'unknown_command'],
      [{ t: 'auth.sign_in', ref: 4, d: {} }, 'unknown_command'],
      [{ t: 'message.send', ref: 5, d: { channelId, id, body: 'x', extra: 1 } }, 'bad_request'],
      [{ t: 'message.send', ref: 6, d: { channelId, id, body: 'a\u0000b' } }, 'bad_text'],
      [{ t: 'message.send', ref: 7, d: { channelId, id, body: `x${'\u0301'.repeat(60)}` } }, 'bad_text'],
      [{ t: 'message.send', ref: 8, d: { channelId, id, body: 'y'.repeat(LIMITS.bodyCodePoints + 1) } }, 'bad_request'],
      [{ t: 'message.send', ref: 9, d: { channelId: 'x', id, body: 'x' } }, 'bad_request'],
      [{ t: 'message.send', ref: 10, d: { channelId, id: '', body: 'x' } }, 'bad_request'],
      [{ t: 'message.send', ref: 11, d: { channelId, id, body: '' } }, 'bad_request'],
      [{ t: 'message.send', ref: 12, d: { channelId, id, body: { toString: 1 } } }, 'bad_request'],
      [
        `{"t":"message.send","ref":13,"d":{"channelId":"${channelId}","id":"${id}","body":"x","__proto__":{"a":1}}}`,
        'bad_request',
      ],
      [`{"t":"message.send","ref":14,"d":${deep}}`, 'bad_request'],
      [`{"t":"message.send","ref":15,"d":{"channelId":${deep},"id":"${id}","body":"x"}}`, 'bad_request'],
      [`{"t":"message.send","ref":16,"d":{"channelId":"${channelId}","id":"${id}","body":"\\ud800"}}`, 'bad_text'],
      [{ t: 'sync.changes', ref: 17, d: { channelId, since: -1 } }, 'bad_request'],
      [{ t: 'sync.changes', ref: 18, d: { channelId, since: 1.5 } }, 'bad_request'],
      [`{"t":"sync.changes","ref":19,"d":{"channelId":"${channelId}","since":1e999}}`, 'bad_request'],
      [{ t: 'sync.changes', ref: 20, d: { channelId: makeUuid(), since: 0 } }, 'not_found'],
    ];
    for (const [frame] of inputs) client.say(frame);
    for (const [index, [, code]] of inputs.entries()) {
      expect(await client.until('error', (error) => error.ref === index + 1), String(index + 1)).toMatchObject({
        code,
      });
    }
    for (const frame of [
      '',
      'null',
      '[]',
      '7',
      '"x"',
      '{',
      '{"t":1,"ref":1}',
      '{"t":"ping2"}',
      '{"t":"x","ref":-1}',
      '{"t":"x","ref":1,"y":2}',
    ])
      client.say(frame);
    expect((await client.closed).code).toBe(CLOSE_CODES.protocol);
    expect(client.of('error').filter((error) => error.ref === null || error.ref === 1)).not.toHaveLength(0);
    other.say({ t: 'ping' });
    await other.until('pong');
  });

  test('[DOOR3] ends a socket that sends binary, too much at once, or fragments without an end', async () => {
    const node = await start();
    const binary = await ready(node);
    binary.socket.send(Buffer.from([1, 2, 3]));
    expect((await binary.closed).code).toBe(CLOSE_CODES.protocol);
    const large = await ready(node);
    large.say('x'.repeat(LIMITS.frameBytes + 1));
    expect((await large.closed).code).toBe(1009);
    const endless = await ready(node);
    endless.socket.send('x', { fin: false });
    for (let index = 0; index < 200; index++) endless.socket.send('x', { fin: false });
    expect((await endless.closed).code).not.toBe(1000);
    await (await ready(node)).until('welcome');
  });

  test('[DOOR4] above maxConnections refuses with a time to come back, and admits again when there is room', async () => {
    const node = await start({ PARLEY_MAX_CONNECTIONS: '2' });
    const [first] = [await ready(node), await ready(node)];
    await expect(open(node).opened()).rejects.toThrow('503');
    expect(node.gateway.connections).toBe(2);
    first?.close();
    await first?.closed;
    await expect.poll(() => node.gateway.connections).toBe(1);
    await ready(node);
  });

  test('[DOOR7] who comes too early waits for the answer to the upgrade; a node that goes away sends them all to others', async () => {
    const clock = new FakeClock();
    const node = await start({ PARLEY_CONNECT_RATE: '5/s' }, { clock });
    const all = Array.from({ length: 12 }, () => open(node));
    const ends = all.map((client) =>
      client.opened().then(
        () => 'open',
        (error: unknown) => String(error),
      ),
    );
    await waitFor('all are at the door', () => node.gateway.connections === 5 && node.gateway.waiting === 7);
    await clock.advance(700);
    await waitFor('three more are in', () => node.gateway.connections === 8 && node.gateway.waiting === 4);
    node.gateway.draining = true;
    const refused = (await Promise.all(ends)).filter((end) => end !== 'open');
    expect(refused).toHaveLength(4);
    for (const end of refused) expect(end).toContain('503');
  });

  test('[DOOR5] cuts a socket that is silent for two intervals, and leaves one that answers', async () => {
    const clock = new FakeClock();
    const node = await start({ PARLEY_HEARTBEAT_INTERVAL_MS: '10000' }, { clock });
    const dead = new SocketClient(node.url);
    clients.push(dead);
    await dead.opened();
    dead.say({ t: 'hello', protocol: 1, token: user });
    await dead.until('sync', (frame) => frame.done);
    dead.socket.pause();
    // Those who come within a moment are read together, and this clock stands still.
    await clock.advance(100);
    const alive = await ready(node);
    for (let step = 0; step < 40 && node.gateway.connections === 2; step++) {
      await clock.advance(1_000);
      const pongs = alive.of('pong').length;
      alive.say({ t: 'ping' });
      await expect.poll(() => alive.of('pong').length).toBeGreaterThan(pongs);
    }
    await expect.poll(() => node.gateway.connections).toBe(1);
    expect(alive.socket.readyState).toBe(WebSocket.OPEN);
  });

  test('[DOOR6] a revoked credential ends its sockets, and only those', async () => {
    const node = await start();
    const victim = await addUser(database, `revoked-${makeUuid().slice(-8)}`);
    const cut = await SocketClient.connect(node.url, victim);
    clients.push(cut);
    const other = await ready(node);
    node.fanout.user({ kind: 'cut', userId: victim, reason: 'revoked', sessionId: victim });
    expect((await cut.closed).code).toBe(CLOSE_CODES.revoked);
    expect(other.socket.readyState).toBe(WebSocket.OPEN);
  });
});
