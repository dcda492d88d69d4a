import { type ChatClient, createClient, type WebSocketClass } from '@parley/client';
import { type ChannelId, type MessageId, type MessageView, makeUuid, type UserId } from '@parley/protocol';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type App, createApp } from '../packages/server/src/app.ts';
import { readConfig } from '../packages/server/src/config/config.ts';
import { createLogger } from '../packages/server/src/monitoring/logger.ts';
import { createTestDatabase, type TestDatabase } from '../packages/server/src/testing/test-database.ts';
import { waitFor } from '../packages/server/src/testing/wait-for.ts';

const CHANGES = 500;
const NAMES = ['ann', 'bob', 'cat', 'dan'] as const;
type Name = (typeof NAMES)[number];

let database: TestDatabase;
let app: App;
let url: string;
const tokens = {} as Record<Name, string>;
const ids = {} as Record<Name, UserId>;
const clients: ChatClient[] = [];

/** A socket that a test can cut, and that keeps what is said through it. */
class CuttableSocket extends WebSocket {
  static isOffline = false;
  static open: CuttableSocket | null = null;
  static said: string[] = [];

  constructor(address: string, protocols: string[]) {
    super(CuttableSocket.isOffline ? 'ws://127.0.0.1:9' : address, protocols);
    CuttableSocket.open = this;
  }

  override send(data: string): void {
    CuttableSocket.said.push(data);
    super.send(data);
  }

  static goOffline(): void {
    CuttableSocket.isOffline = true;
    CuttableSocket.open?.terminate();
    CuttableSocket.said = [];
  }
}

beforeAll(async () => {
  database = await createTestDatabase();
  const free = Object.fromEntries(
    ['MESSAGES', 'CHANNEL_CREATION', 'JOINS', 'SIGN_UPS', 'CHANGES', 'READS', 'SIGNALS'].map((name) => [
      `PARLEY_RATE_${name}`,
      'off',
    ]),
  );
  const config = readConfig({ ...free, PORT: '0', PARLEY_SIGN_UP: 'open', PARLEY_ALLOW_UNSAFE_DATABASE: 'true' });
  app = await createApp({ config, connection: database.config, logger: createLogger('silent', 'test') });
  url = `http://127.0.0.1:${(await app.listen()).port}`;
  for (const name of NAMES) {
    const response = await fetch(`${url}/v1/auth/sign-up`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ username: name, password: 'correct horse battery' }),
    });
    const { token, user } = (await response.json()) as { token: string; user: { id: UserId } };
    tokens[name] = token;
    ids[name] = user.id;
  }
});
afterAll(async () => {
  for (const client of clients) client.close();
  await app.close();
  await database.drop();
});

async function connect(name: Name, socket: WebSocketClass = WebSocket): Promise<ChatClient> {
  const client = createClient({ url, token: tokens[name], WebSocket: socket });
  clients.push(client);
  await client.connect();
  return client;
}

async function load(client: ChatClient, channelId: ChannelId): Promise<MessageView[]> {
  const channel = client.channel(channelId);
  await channel.load();
  while (channel.messages.getSnapshot().hasOlder) await channel.loadOlder(100);
  return channel.messages.getSnapshot().items.map(({ status: _status, error: _error, ...message }) => message);
}

/** The truth: every page of a channel, asked for by somebody who has just come. */
async function truth(channelId: ChannelId): Promise<MessageView[]> {
  const client = await connect('ann');
  const messages: MessageView[] = [];
  for (let after = 0; ; after = messages.at(-1)?.seq ?? 0) {
    const page = await client.call('message.history', { channelId, after, limit: 100 });
    messages.push(...page.messages);
    if (!page.hasAfter) return messages;
  }
}

/** A small generator whose seed is the same in every run. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

test('[SYNC5] after 500 mixed changes, one resume brings a client that was away to the state of the others and of the database', async () => {
  const [ann, bob] = [await connect('ann'), await connect('bob')];
  const cat = await connect('cat', CuttableSocket);
  const channels: ChannelId[] = [];
  for (const name of ['one', 'two', 'three', 'quiet']) {
    const { id } = await ann.createChannel({ kind: 'public', name });
    await ann.call('member.invite', { channelId: id, userIds: [ids.bob, ids.cat] });
    channels.push(id);
  }
  await waitFor('cat is in all channels', () => channels.every((id) => cat.channel(id).info.getSnapshot() !== null));
  for (const id of channels) for (const client of [ann, bob, cat]) await load(client, id);
  CuttableSocket.goOffline();

  const pick = seeded(20_251_123);
  const known: { channelId: ChannelId; messageId: MessageId; by: ChatClient }[] = [];
  const inside = new Set<ChannelId>();
  for (let change = 0; change < CHANGES; change++) {
    const channelId = channels[pick(3)] as ChannelId;
    const by = pick(2) === 0 ? ann : bob;
    const target = known[pick(Math.max(1, known.length))];
    const kind = pick(100);
    if (kind < 40 || target === undefined) {
      const id = makeUuid() as MessageId;
      await by.call('message.send', { channelId, id, body: `message ${change}` });
      known.push({ channelId, messageId: id, by });
    } else if (kind < 55)
      await target.by.call('message.edit', { ...place(target), body: `edited ${change}` }).catch(ignoreGone);
    else if (kind < 62) await target.by.call('message.delete', place(target)).catch(ignoreGone);
    else if (kind < 78)
      await by
        .call('message.react', { ...place(target), emoji: pick(2) === 0 ? '👍' : '🎉', on: pick(3) > 0 })
        .catch(ignoreGone);
    else if (kind < 84) await by.call('message.pin', { ...place(target), on: pick(2) === 0 }).catch(ignoreGone);
    else if (kind < 90) by.channel(channelId).markRead();
    else if (kind < 93) await ann.call('channel.update', { channelId, topic: `topic ${change}` });
    else if (inside.delete(channelId)) await ann.call('member.kick', { channelId, userId: ids.dan });
    else {
      await ann.call('member.invite', { channelId, userIds: [ids.dan] });
      inside.add(channelId);
    }
  }

  const continuity: string[] = [];
  cat.on('channelSynced', ({ continuity: how }) => void continuity.push(how));
  CuttableSocket.isOffline = false;
  cat.connect().catch(() => {});
  await waitFor('cat is back', () => cat.connection.getSnapshot().current === 'online');
  const revs = (client: ChatClient) => channels.map((id) => client.channel(id).info.getSnapshot()?.channel.lastSeq);
  await waitFor('all three stand at the same place', () => JSON.stringify(revs(cat)) === JSON.stringify(revs(ann)));

  const asked = CuttableSocket.said.map((text) => JSON.parse(text) as { t: string; d?: { channelId?: ChannelId } });
  expect(asked.filter(({ t }) => t === 'hello')).toHaveLength(1);
  expect(asked.filter(({ t }) => t === 'sync.changes' || t === 'message.history')).toEqual([]);
  expect(asked.filter(({ d }) => d?.channelId === channels[3])).toEqual([]);
  expect(new Set(continuity)).toEqual(new Set(['resumed']));
  for (const id of channels) {
    const expected = await truth(id);
    for (const client of [ann, bob, cat]) expect(await load(client, id)).toEqual(expected);
    const views = [ann, bob, cat].map((client) => client.channel(id).info.getSnapshot()?.channel);
    const { channel } = await ann.call('channel.get', { channelId: id });
    const { topic, memberCount, lastSeq } = channel;
    for (const view of views) expect(view).toMatchObject({ topic, memberCount, lastSeq });
  }
});

function place({ channelId, messageId }: { channelId: ChannelId; messageId: MessageId }) {
  return { channelId, messageId };
}

/** A message that was deleted before cannot be changed; that is not what this is about. */
function ignoreGone(error: unknown): void {
  if ((error as { code?: string }).code !== 'deleted') throw error;
}
