import { type ChatClient, createClient, signUp } from '@parley/client';
import type { ChannelId, MessageId, UserId } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type App, createApp } from '../packages/server/src/app.ts';
import { readConfig } from '../packages/server/src/config/config.ts';
import { verifyUnread } from '../packages/server/src/delivery/verify-unread.ts';
import { createLogger } from '../packages/server/src/monitoring/logger.ts';
import { openPostgres } from '../packages/server/src/storage/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../packages/server/src/testing/test-database.ts';
import { waitFor } from '../packages/server/src/testing/wait-for.ts';

const STEPS = Number(process.env.PARLEY_TEST_RUNS ?? 400);
const SEED = Number(process.env.PARLEY_TEST_SEED ?? 20_251_128);
const NAMES = ['ann', 'bob', 'cat'] as const;
type Name = (typeof NAMES)[number];

/** A socket that a test can cut. */
class CuttableSocket extends WebSocket {
  static readonly open = new Set<CuttableSocket>();

  constructor(address: string, protocols: string[]) {
    super(address, protocols);
    CuttableSocket.open.add(this);
    this.on('close', () => CuttableSocket.open.delete(this));
  }
}

let database: TestDatabase;
let app: App;
let url: string;
const people = {} as Record<Name, { token: string; id: UserId }>;
const clients: ChatClient[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const rates = ['MESSAGES', 'CHANNEL_CREATION', 'JOINS', 'SIGN_UPS', 'CHANGES', 'READS', 'SIGNALS'];
  const free = Object.fromEntries(rates.map((name) => [`PARLEY_RATE_${name}`, 'off']));
  const config = readConfig({
    ...free,
    PARLEY_CONNECT_RATE_PER_ADDRESS: 'off',
    PORT: '0',
    PARLEY_SIGN_UP: 'open',
    PARLEY_ALLOW_UNSAFE_DATABASE: 'true',
  });
  app = await createApp({ config, connection: database.config, logger: createLogger('silent', 'test') });
  url = `http://127.0.0.1:${(await app.listen()).port}`;
  for (const name of NAMES) {
    const { token, user } = await signUp(url, { username: name, password: 'correct horse battery' });
    people[name] = { token, id: user.id };
  }
});
afterAll(async () => {
  for (const client of clients) client.close();
  await app.close();
  await database.drop();
});

async function device(name: Name): Promise<ChatClient> {
  const client = createClient({ url, token: people[name].token, WebSocket: CuttableSocket });
  clients.push(client);
  await client.connect();
  return client;
}

/** A small generator whose seed is the same in every run. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What a device shows as unread, by channel and thread. */
function shown(client: ChatClient): string[] {
  return [...client.channels.getSnapshot(), ...client.threads.getSnapshot()]
    .map(({ id, unread, mentions, membership }) => `${id} ${membership?.readSeq} ${unread} ${mentions}`)
    .sort();
}

interface Said {
  readonly channelId: ChannelId;
  readonly id: MessageId;
  readonly seq: number;
  readonly by: Name;
}

test(`[DEL5] [DEL6] after a storm every device shows the counts of a recount, whatever it did and however often it was cut (seed ${SEED})`, async () => {
  const devices: [Name, ChatClient][] = [];
  for (const name of NAMES) for (let count = 0; count < 2; count++) devices.push([name, await device(name)]);
  const [, ann] = devices[0] as [Name, ChatClient];
  const rooms: ChannelId[] = [];
  for (const name of ['one', 'two', 'three']) {
    const { id } = await ann.createChannel({ kind: 'public', name });
    await ann.call('member.invite', { channelId: id, userIds: [people.bob.id, people.cat.id] });
    rooms.push(id);
  }
  await waitFor('all are in all channels', () =>
    devices.every(([, client]) => rooms.every((id) => client.channel(id).info.getSnapshot() !== null)),
  );
  const pick = seeded(SEED);
  const said: Said[] = [];
  const places: ChannelId[] = [...rooms];
  const texts = ['hello', 'hello @ann', '@bob and @cat', '@channel hear', '@here hear @ann', 'again'];
  const mayFail = (error: unknown) => {
    const { code } = error as { code?: string };
    if (code !== 'deleted' && code !== 'forbidden' && code !== 'not_found') throw error;
  };
  for (let step = 0; step < STEPS; step++) {
    const [name, client] = devices[pick(devices.length)] as [Name, ChatClient];
    const channelId = places[pick(places.length)] as ChannelId;
    const one = said[pick(Math.max(1, said.length))];
    const kind = pick(100);
    const channel = client.channel(channelId);
    if (kind < 40 || one === undefined) {
      const body = `${texts[pick(texts.length)]} ${step}`;
      await channel.send(body).then(({ id, seq }) => void said.push({ channelId, id, seq, by: name }), mayFail);
    } else if (kind < 50) {
      const author = devices.find(([other]) => other === one.by)?.[1] ?? client;
      await author
        .channel(one.channelId)
        .edit(one.id, `${texts[pick(texts.length)]} edited ${step}`)
        .catch(mayFail);
    } else if (kind < 58) {
      const author = devices.find(([other]) => other === one.by)?.[1] ?? client;
      await author.channel(one.channelId).delete(one.id).catch(mayFail);
    } else if (kind < 72) {
      const last = channel.info.getSnapshot()?.channel.lastSeq ?? 0;
      if (last > 0) channel.markRead(1 + pick(last));
    } else if (kind < 78) channel.markRead();
    else if (kind < 84) {
      const last = channel.info.getSnapshot()?.channel.lastSeq ?? 0;
      if (last > 0) await channel.markUnread(1 + pick(last)).catch(mayFail);
    } else if (kind < 86) await client.call('receipt.read_all', {});
    else if (kind < 90 && rooms.includes(one.channelId)) {
      const opened = await client.channel(one.channelId).openThread(one.id).catch(mayFail);
      if (opened !== undefined && !places.includes(opened.channel.id)) places.push(opened.channel.id);
    } else if (kind < 94) [...CuttableSocket.open][pick(CuttableSocket.open.size)]?.terminate();
    else if (kind < 97 && name !== 'ann') {
      if (channel.info.getSnapshot()?.channel.kind === 'public') await channel.leave().catch(mayFail);
    } else if (rooms.includes(channelId)) await channel.join().catch(mayFail);
  }
  await waitFor('all are online', () =>
    devices.every(([, client]) => client.connection.getSnapshot().current === 'online'),
  );
  for (const [name] of devices) {
    const own = devices.filter(([other]) => other === name).map(([, client]) => client);
    let expected: string[] = [];
    await waitFor(`the devices of ${name} show what a new one shows`, async () => {
      const fresh = await device(name);
      expected = shown(fresh);
      fresh.close();
      return own.every((client) => JSON.stringify(shown(client)) === JSON.stringify(expected));
    }).catch(() => undefined);
    for (const client of own) expect(shown(client)).toEqual(expected);
  }
  const postgres = openPostgres({
    connection: database.config,
    maxConnections: 1,
    statementTimeoutMs: 30_000,
    onError: () => {},
  });
  const { checked, drifts } = await verifyUnread(postgres.db);
  await postgres.close();
  expect(checked).toBeGreaterThan(9);
  expect(drifts).toEqual([]);
});
