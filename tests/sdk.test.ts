import { type ChatClient, type ClientOptions, claimOwner, createClient, memoryStorage, signUp } from '@parley/client';
import type { ChannelId, MessageView } from '@parley/protocol';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type ServerProcess, serverProcess } from '../packages/server/src/testing/server-process.ts';
import { createTestDatabase, type TestDatabase } from '../packages/server/src/testing/test-database.ts';
import { waitFor } from '../packages/server/src/testing/wait-for.ts';

let database: TestDatabase;
let server: ServerProcess;
const tokens = { ann: '', bob: '' };
const clients: ChatClient[] = [];
let channels = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await serverProcess(database.connectionString, {
    PARLEY_SIGN_UP: 'open',
    PARLEY_HEARTBEAT_INTERVAL_MS: '5000',
  });
  await server.start();
  const password = 'correct horse battery';
  tokens.ann = (await claimOwner(server.url, { ownerToken: server.ownerToken(), username: 'ann', password })).token;
  tokens.bob = (await signUp(server.url, { username: 'bob', password })).token;
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await server.stop();
  await database.drop();
});

function makeClient(who: keyof typeof tokens, options: Partial<ClientOptions> = {}): ChatClient {
  const client = createClient({ url: server.url, token: tokens[who], WebSocket, ...options });
  clients.push(client);
  return client;
}

/** Starts the server again, and spares its clients the rest of their wait. */
async function startAgain(): Promise<void> {
  await server.start();
  for (const client of clients) client.connect().catch(() => {});
}

async function twoInAChannel(): Promise<{ ann: ChatClient; bob: ChatClient; channelId: ChannelId }> {
  const [ann, bob] = [makeClient('ann'), makeClient('bob')];
  const [, bobUser] = await Promise.all([ann.connect(), bob.connect()]);
  channels += 1;
  const channel = await ann.createChannel({ kind: 'private', name: `room ${channels}` });
  await channel.invite([bobUser.id]);
  await waitFor('bob is in the channel', () => bob.channel(channel.id).info.getSnapshot() !== null);
  return { ann, bob, channelId: channel.id };
}

/** The whole history as a client sees it that has just come. */
async function fresh(channelId: ChannelId): Promise<MessageView[]> {
  const client = makeClient('ann');
  await client.connect();
  const messages: MessageView[] = [];
  for (let after = 0; ; ) {
    const page = await client.call('message.history', { channelId, after, limit: 100 });
    messages.push(...page.messages);
    if (!page.hasAfter) return messages;
    after = page.messages.at(-1)?.seq ?? after;
  }
}

async function shown(client: ChatClient, channelId: ChannelId): Promise<MessageView[]> {
  const channel = client.channel(channelId);
  await channel.load();
  while (channel.messages.getSnapshot().hasOlder) await channel.loadOlder(100);
  const sent = channel.messages.getSnapshot().items.filter(({ status }) => status === 'sent');
  return sent.map(({ status: _status, error: _error, ...message }) => message);
}

test('[ROAD7] the server is killed again and again in the middle of a stream: nothing acknowledged is lost, nothing is doubled, the order holds', async () => {
  const { ann, bob, channelId } = await twoInAChannel();
  const heard: number[] = [];
  bob.on('message', ({ message }) => message.channelId === channelId && heard.push(message.seq));
  const acked: { readonly body: string; readonly seq: number; readonly id: string }[] = [];
  const failed: unknown[] = [];
  let isOver = false;
  const stream = async (client: ChatClient, name: string): Promise<void> => {
    for (let count = 1; !isOver; count++) {
      const body = `${name} ${count}`;
      await client
        .channel(channelId)
        .send(body)
        .then(
          (sent) => acked.push({ body, seq: sent.seq, id: sent.id }),
          (error: unknown) => failed.push(error),
        );
    }
  };
  const streams = [stream(ann, 'ann'), stream(bob, 'bob')];
  for (let kills = 1; kills <= 3; kills++) {
    const before = acked.length;
    await waitFor('both write', () => acked.length > before + 50);
    await server.kill();
    await startAgain();
  }
  const before = acked.length;
  await waitFor('both write again', () => acked.length > before + 50);
  isOver = true;
  await Promise.all(streams);
  expect(failed).toEqual([]);
  const history = await fresh(channelId);
  const bySeq = new Map(history.map((message) => [message.seq, message]));
  for (const { body, seq, id } of acked) expect(bySeq.get(seq)).toMatchObject({ body, id });
  expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1));
  expect(history.length).toBe(acked.length);
  for (const name of ['ann', 'bob']) {
    const numbers = history.flatMap(({ body }) => (body.startsWith(name) ? Number(body.split(' ')[1]) : []));
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  }
  await waitFor('bob has heard the last', () => heard.at(-1) === history.length);
  expect(heard).toEqual(history.map(({ seq }) => seq));
  expect(await shown(ann, channelId)).toEqual(history);
  expect(await shown(bob, channelId)).toEqual(history);
});

test('what is written without a server goes out once, in order, when there is one, also by the next run of the program', async () => {
  const { bob, channelId } = await twoInAChannel();
  const storage = memoryStorage();
  await server.kill();
  const first = makeClient('ann', { storage });
  first.connect().catch(() => {});
  for (const body of ['1', '2', '3']) void first.channel(channelId).send(body);
  await waitFor('the outbox is written', async () => (await storage.entries('outbox/')).length === 3);
  first.close();
  await startAgain();
  const second = makeClient('ann', { storage });
  void second.channel(channelId).send('4');
  await second.connect();
  await second.drained();
  expect((await fresh(channelId)).map(({ body }) => body)).toEqual(['1', '2', '3', '4']);
  await waitFor('bob has them', () => bob.channel(channelId).info.getSnapshot()?.unread === 4);
  await waitFor('the outbox is empty', async () => (await storage.entries('outbox/')).length === 0);
});

test('a server that is stopped in order refuses nobody', async () => {
  const { ann, channelId } = await twoInAChannel();
  const results: Promise<unknown>[] = [];
  const failed: unknown[] = [];
  let isOver = false;
  const states: string[] = [];
  ann.on('connection', ({ current }) => states.push(current));
  const streaming = (async () => {
    while (!isOver) {
      const sent = ann.channel(channelId).send(`${results.length + 1}`);
      results.push(sent);
      await sent.catch((error: unknown) => failed.push(error));
    }
  })();
  await waitFor('it writes', () => results.length > 50);
  await server.stop();
  await startAgain();
  const before = results.length;
  await waitFor('it writes again', () => results.length > before + 20);
  isOver = true;
  await streaming;
  expect(failed).toEqual([]);
  expect(states).not.toContain('failed');
  const history = await fresh(channelId);
  expect(history.map(({ body }) => body)).toEqual(results.map((_, index) => `${index + 1}`));
});

test('a bot goes on where it was, through kills of the server and its own', async () => {
  const { ann, bob, channelId } = await twoInAChannel();
  const total = 120;
  const received: string[] = [];
  const storage = memoryStorage();
  const runBot = async (until: number): Promise<void> => {
    const bot = makeClient('bob', { storage });
    bot.connect().catch(() => {});
    for await (const { body } of bot.messages({ channelId })) {
      received.push(body);
      if (received.length >= until) break;
    }
    bot.close();
  };
  bob.close();
  const sending = (async () => {
    for (let index = 1; index <= total; index++) await ann.channel(channelId).send(`${index}`);
  })();
  await runBot(40);
  await server.kill();
  await startAgain();
  await runBot(80);
  await sending;
  // The message in hand at each `break` is given out again: at least once, in order, and no hole.
  await runBot(total + 2);
  expect([...new Set(received)]).toEqual(Array.from({ length: total }, (_, index) => `${index + 1}`));
  expect(received.length).toBe(total + 2);
});

test('who is removed hears nothing more, and finds everything when let in again', async () => {
  const { ann, bob, channelId } = await twoInAChannel();
  const bobId = bob.me.getSnapshot()?.id;
  if (bobId === undefined) throw new Error('bob is signed in');
  const channel = ann.channel(channelId);
  const heard: string[] = [];
  bob.on('message', ({ message }) => heard.push(message.body));
  await channel.send('before');
  await waitFor('bob has it', () => heard.includes('before'));
  await channel.kick(bobId);
  await waitFor('bob is out', () => bob.channel(channelId).info.getSnapshot() === null);
  await channel.send('while away');
  await expect(bob.channel(channelId).send('from outside')).rejects.toMatchObject({ code: 'not_found' });
  await channel.invite([bobId]);
  await waitFor('bob is in again', () => bob.channel(channelId).info.getSnapshot() !== null);
  await channel.send('after');
  await waitFor('bob has it', () => heard.includes('after'));
  expect(heard).toEqual(['before', 'after']);
  expect(await shown(bob, channelId)).toEqual(await fresh(channelId));
});

test('edits, deletes, reactions, pins and threads arrive as they are', async () => {
  const { ann, bob, channelId } = await twoInAChannel();
  const [mine, his] = [ann.channel(channelId), bob.channel(channelId)];
  his.messages.subscribe(() => {});
  const first = await mine.send('first');
  const second = await mine.send('second');
  await mine.edit(first.id, 'edited');
  await his.react(first.id, '👍');
  await mine.pin(first.id);
  await mine.delete(second.id);
  const thread = await mine.openThread(first.id);
  await ann.channel(thread.channel.id).send('in the thread');
  await waitFor('bob has all of it', () => {
    const [one, two] = his.messages.getSnapshot().items;
    return (
      one?.body === 'edited' && one.pinnedAt !== undefined && two?.deletedAt !== undefined && one.threadId !== undefined
    );
  });
  expect(await shown(bob, channelId)).toEqual(await fresh(channelId));
  expect(await shown(ann, channelId)).toEqual(await fresh(channelId));
  expect((await shown(bob, thread.channel.id)).map(({ body }) => body)).toEqual(['in the thread']);
});

test('ticks: sent, delivered, read', async () => {
  const { ann, bob, channelId } = await twoInAChannel();
  const receipts = ann.channel(channelId).receipts;
  receipts.subscribe(() => {});
  const bobId = bob.me.getSnapshot()?.id;
  const { seq } = await ann.channel(channelId).send('seen?');
  const cursors = () => receipts.getSnapshot().find(({ userId }) => userId === bobId);
  await waitFor('it is delivered', () => cursors()?.deliveredSeq === seq);
  expect(cursors()?.readSeq).toBeLessThan(seq);
  expect(bob.channel(channelId).info.getSnapshot()?.unread).toBe(1);
  bob.channel(channelId).markRead();
  await waitFor('it is read', () => cursors()?.readSeq === seq);
  await waitFor('nothing is unread', () => bob.channel(channelId).info.getSnapshot()?.unread === 0);
  // The writer of a message has read it.
  expect(ann.channel(channelId).info.getSnapshot()?.unread).toBe(0);
});

test('threads: replies arrive live and after a kill, follow and unread included', async () => {
  const { ann, bob, channelId } = await twoInAChannel();
  const root = await ann.channel(channelId).send('a question');
  const opened = await ann.channel(channelId).openThread(root.id);
  const threadId = opened.channel.id;
  await bob.channel(channelId).load();
  const bobsThread = await bob.channel(channelId).openThread(root.id);
  expect(bobsThread.channel.id).toBe(threadId);
  const shownToBob = bob.channel(threadId).messages;
  shownToBob.subscribe(() => {});
  await ann.channel(threadId).send('first');
  await waitFor('bob sees it', () => shownToBob.getSnapshot().items.some(({ body }) => body === 'first'));
  await waitFor('it is unread in the thread alone', () =>
    bob.threads.getSnapshot().some(({ id, unread }) => id === threadId && unread === 1),
  );
  await server.kill();
  const second = ann.channel(threadId).send('second');
  await startAgain();
  await second;
  await waitFor('bob sees both', () => shownToBob.getSnapshot().items.length === 2);
  bob.channel(threadId).markRead();
  await waitFor('all is read', () => bob.threads.getSnapshot().every(({ unread }) => unread === 0));
  await bob.channel(threadId).follow(false);
  await waitFor('bob follows it no more', () => !bob.threads.getSnapshot().some(({ id }) => id === threadId));
});

test('presence and typing are seen, and end', async () => {
  const { ann, bob, channelId } = await twoInAChannel();
  const bobId = bob.me.getSnapshot()?.id;
  if (bobId === undefined) throw new Error('bob is signed in');
  const presence = ann.presence.of(bobId);
  presence.subscribe(() => {});
  await waitFor('bob is online', () => presence.getSnapshot()?.status === 'online');
  bob.channel(channelId).setTyping();
  await waitFor('bob types', () => ann.channel(channelId).typing.getSnapshot().includes(bobId));
  void bob.channel(channelId).send('done');
  await waitFor('bob has stopped', () => ann.channel(channelId).typing.getSnapshot().length === 0);
  await bob.presence.set({ status: 'away', statusText: 'lunch' });
  await waitFor('bob is away', () => presence.getSnapshot()?.statusText === 'lunch');
  bob.close();
  await waitFor('bob is gone', () => presence.getSnapshot()?.status === 'offline');
});

test('two devices of one user agree on what is read, also when it is marked unread', async () => {
  const { ann, bob, channelId } = await twoInAChannel();
  const phone = makeClient('bob');
  await phone.connect();
  for (const body of ['1', '2', '@bob 3']) await ann.channel(channelId).send(body);
  const counts = (client: ChatClient) => {
    const { unread, mentions } = client.channel(channelId).info.getSnapshot() ?? { unread: -1, mentions: -1 };
    return `${unread} ${mentions}`;
  };
  await waitFor('both count', () => counts(bob) === '3 1' && counts(phone) === '3 1');
  phone.channel(channelId).markRead(2);
  await waitFor('both count again', () => counts(bob) === '1 1' && counts(phone) === '1 1');
  bob.channel(channelId).markRead();
  await waitFor('nothing is left', () => counts(bob) === '0 0' && counts(phone) === '0 0');
  await phone.channel(channelId).markUnread(2);
  await waitFor('both show it as unread', () => counts(bob) === '2 1' && counts(phone) === '2 1');
  const edited = await ann.channel(channelId).send('no mention yet');
  await waitFor('both count it', () => counts(bob) === '3 1');
  await ann.channel(channelId).edit(edited.id, 'now for @bob');
  await waitFor('both count the mention', () => counts(bob) === '3 2' && counts(phone) === '3 2');
});
