import type { ChannelId, HistoryPage, MessageId, MessageView, UserId } from '@parley/protocol';
import { expect, test } from 'vitest';
import type { ChatClient } from './chat-client.ts';
import { MessageList } from './message-list.ts';
import { deliveryOf } from './receipts.ts';
import { memoryStorage } from './storage.ts';
import type { ModelChannel } from './testing/model-channel.ts';
import type { ModelServer } from './testing/model-server.ts';
import { online, world } from './testing/world.ts';

/** What became of a promise so far. */
async function outcome(promise: Promise<unknown>): Promise<string> {
  let state = 'waits';
  promise.then(
    () => {
      state = 'ok';
    },
    (error: { code?: string }) => {
      state = error.code ?? 'failed';
    },
  );
  await new Promise((resolve) => setImmediate(resolve));
  return state;
}

const listed = (client: ChatClient) => client.channels.getSnapshot()[0];

/** The product tells the channel itself with all changes of it. */
function tellChannelWithChanges(server: ModelServer): void {
  server.answers.set('sync.changes', (input) => {
    const channel = server.channels.get(input.channelId as ChannelId) as ModelChannel;
    return { ...channel.changesSince(input.since as number, server.maxChanges), channel: channel.view };
  });
}

function tellReceipts(server: ModelServer, channel: ModelChannel, seqOf: (userId: UserId) => number): void {
  server.answers.set('receipt.list', () => ({
    receipts: channel.memberIds().map((userId) => ({ userId, deliveredSeq: seqOf(userId), readSeq: seqOf(userId) })),
    memberCount: channel.memberIds().length,
  }));
}

test('a mention that a repair brings is counted, and an own message from elsewhere is not unread', async () => {
  const { clock, server, client } = world();
  const [ann, bob] = [server.user('ann'), server.user('bob')];
  const general = server.channel('general', [ann, bob]);
  const here = client('ann');
  await online(clock, here);
  tellChannelWithChanges(server);
  const lose = async (senderId: UserId) => {
    server.faults.loseEvent = 1;
    general.send(senderId, server.id(), 'lost on the way');
    Object.assign(general.messages.get(general.lastSeq) as MessageView, senderId === bob.id && { mentions: [ann.id] });
    server.heal();
    await clock.advance(server.heartbeatInterval + 2_000);
  };
  await lose(bob.id);
  expect(listed(here)).toMatchObject({ unread: 1, mentions: 1 });
  here.channel(general.id).markRead();
  await clock.advance(3_000);
  await lose(ann.id);
  expect(listed(here)).toMatchObject({ unread: 0, mentions: 0 });
  here.close();
});

test('counts are asked for when too much was missed to be told', async () => {
  const { clock, server, client } = world();
  const [ann, bob] = [server.user('ann'), server.user('bob')];
  const general = server.channel('general', [ann, bob]);
  const here = client('ann');
  await online(clock, here);
  server.maxChanges = 3;
  server.faults.loseEvent = 1;
  for (let count = 0; count < 8; count++) general.send(bob.id, server.id(), '@ann');
  server.heal();
  await clock.advance(server.heartbeatInterval + 5_000);
  expect(server.commands.filter(({ name }) => name === 'channel.get')).toHaveLength(1);
  here.close();
});

test('a stream gives out what was written into a new conversation before it was told of', async () => {
  const { clock, server, client } = world();
  const [bot, bob] = [server.user('bot'), server.user('bob')];
  const here = client('bot');
  await online(clock, here);
  const given: string[] = [];
  const reading = (async () => {
    for await (const { body } of here.messages({ from: 'now', marksRead: false })) given.push(body);
  })();
  const direct = server.channel('direct', [bob]);
  direct.join(bot.id);
  server.faults.loseEvent = 1;
  direct.send(bob.id, server.id(), 'hello bot');
  server.heal();
  server.tell(bot.id, { t: 'joined', joined: direct.joinedFor(bot.id) });
  direct.send(bob.id, server.id(), 'are you there?');
  await clock.advance(1_000);
  expect(given).toEqual(['hello bot', 'are you there?']);
  expect(listed(here)).toMatchObject({ unread: 2 });
  here.close();
  await reading;
});

test('the first message of a conversation is told in its turn, and nothing that was said before one came in', async () => {
  const { clock, server, client } = world();
  const [ann, bob] = [server.user('ann'), server.user('bob')];
  const here = client('ann');
  await online(clock, here);
  const told: string[] = [];
  here.on('message', ({ message, isLive }) => told.push(`${message.body}, ${isLive ? 'live' : 'late'}`));
  const changed: string[] = [];
  here.on('messageChanged', ({ message }) => changed.push(message.body));
  const direct = server.channel('direct', [bob]);
  direct.send(bob.id, server.id(), 'to oneself');
  direct.join(ann.id);
  server.faults.loseEvent = 1;
  direct.send(bob.id, server.id(), 'hello ann');
  server.heal();
  server.tell(ann.id, { t: 'joined', joined: direct.joinedFor(ann.id) });
  direct.send(bob.id, server.id(), 'are you there?');
  await clock.advance(1_000);
  expect(told).toEqual(['hello ann, live', 'are you there?, live']);
  expect(changed).toEqual([]);
  expect(listed(here)).toMatchObject({ unread: 2 });
  here.close();
});

test('a message that an event and a repair bring is told once, also in a thread that is not followed', async () => {
  const { clock, server, client } = world();
  const [ann, bob] = [server.user('ann'), server.user('bob')];
  const general = server.channel('general', [ann, bob]);
  const here = client('ann');
  await online(clock, here);
  const told: string[] = [];
  here.on('message', ({ message }) => told.push(message.body));
  const base = general.rev;
  const make = (channelId: ChannelId, seq: number, rev: number, body: string): MessageView => ({
    channelId,
    ...(channelId === general.id ? {} : { rootId: general.id }),
    id: server.id<MessageId>(),
    seq,
    rev,
    senderId: bob.id,
    kind: 'text',
    body,
    createdAt: 0,
  });
  const [inThread, first, second] = [
    make('thread' as ChannelId, 1, base + 1, 'in the thread'),
    make(general.id, 1, base + 2, 'first'),
    make(general.id, 2, base + 3, 'second'),
  ];
  server.answers.set('sync.changes', () => ({
    channelId: general.id,
    from: base,
    rev: base + 3,
    reset: false,
    messages: [inThread, first, second],
    channel: { ...general.view, rev: base + 3, lastSeq: 2 },
  }));
  const event = (message: MessageView) =>
    server.tell(ann.id, { t: 'message', channel: general.id, rev: message.rev, change: 'new', message });
  event(first);
  // Asked for what is before it; the late event comes before the answer.
  await clock.advance(206);
  event(inThread);
  await clock.advance(2_000);
  expect(told).toEqual(['in the thread', 'first', 'second']);
  here.close();
});

test('a jump gets where it was meant to, whatever is loaded beside it', async () => {
  const { clock, server, client } = world();
  const [ann, bob] = [server.user('ann'), server.user('bob')];
  const general = server.channel('general', [ann, bob]);
  for (let count = 1; count <= 500; count++) general.send(bob.id, server.id(), `${count}`);
  const here = client('ann');
  await online(clock, here);
  const { messages } = here.channel(general.id);
  const shows = (seq: number) => messages.getSnapshot().items.some((message) => message.seq === seq);
  messages.subscribe(() => {});
  const first = here.channel(general.id).jumpTo({ seq: 20 });
  await clock.advance(500);
  expect([await outcome(first), shows(20)]).toEqual(['ok', true]);
  const [, last] = [here.channel(general.id).jumpTo({ seq: 250 }), here.channel(general.id).jumpTo({ seq: 400 })];
  await clock.advance(500);
  expect([await outcome(last), shows(400)]).toEqual(['ok', true]);
  here.close();
});

test('a name that did not come without a connection comes with it', async () => {
  const { clock, server, client } = world();
  const bob = server.user('bob');
  const here = client('ann');
  server.isDown = true;
  here.connect().catch(() => {});
  const name = here.users.of(bob.id);
  name.subscribe(() => {});
  await clock.advance(20_000);
  server.isDown = false;
  await clock.advance(60_000);
  expect(name.getSnapshot()).toMatchObject({ username: 'bob' });
  here.close();
});

test('who left unseen is gone from the members, and keeps no message from being read by all', async () => {
  const { clock, server, client } = world();
  const [ann, bob, carl] = [server.user('ann'), server.user('bob'), server.user('carl')];
  const general = server.channel('general', [ann, bob, carl]);
  tellReceipts(server, general, (userId) => (userId === bob.id ? 0 : general.lastSeq));
  const here = client('ann');
  const { members, receipts } = here.channel(general.id);
  for (const store of [members, receipts]) store.subscribe(() => {});
  await online(clock, here);
  await clock.advance(100);
  server.isDown = true;
  server.kill();
  server.maxChanges = 3;
  general.leave(bob.id);
  for (let count = 0; count < 10; count++) general.send(carl.id, server.id(), `${count}`);
  server.isDown = false;
  await clock.advance(60_000);
  expect(members.getSnapshot().members.map(({ userId }) => userId)).toEqual([ann.id, carl.id]);
  expect(deliveryOf(receipts.getSnapshot(), 1, ann.id).state).toBe('read');
  here.close();
});

test('an edit that overtakes the page which replaces a stale list is not lost', () => {
  const make = (seq: number, rev: number, body = ''): MessageView => ({
    channelId: 'c' as ChannelId,
    id: `m${seq}` as MessageId,
    seq,
    rev,
    body,
    senderId: 'u' as UserId,
    kind: 'text',
    createdAt: 0,
  });
  const page: HistoryPage = { messages: [make(1, 1), make(2, 2)], lastSeq: 2, hasBefore: false, hasAfter: false };
  const list = new MessageList();
  list.endLoad(list.beginLoad('latest'), page);
  list.reset();
  const ticket = list.beginLoad('latest');
  list.apply(make(2, 5, 'edited'));
  list.endLoad(ticket, page);
  expect(list.messages.map(({ body }) => body)).toEqual(['', 'edited']);
});

test('after an older backup nothing of the lost history holds: no reader, no member, no place', async () => {
  const { clock, server, client } = world();
  const [ann, bob, carl] = [server.user('ann'), server.user('bob'), server.user('carl')];
  const general = server.channel('general', [ann, bob]);
  let readSeq = 100;
  tellReceipts(server, general, () => readSeq);
  for (let count = 1; count <= 10; count++) general.send(bob.id, server.id(), `${count}`);
  const backup = { rev: general.rev, lastSeq: general.lastSeq, messages: [...general.messages] };
  for (let count = 11; count <= 100; count++) general.send(bob.id, server.id(), `${count}`);
  general.join(carl.id);
  const here = client('ann');
  const channel = here.channel(general.id);
  for (const store of [channel.messages, channel.members, channel.receipts]) store.subscribe(() => {});
  const given: string[] = [];
  const reading = (async () => {
    for await (const { body } of here.messages({ from: 'now' })) given.push(body);
  })();
  await online(clock, here);
  general.send(bob.id, server.id(), 'lost with the history');
  await clock.advance(100);

  server.isDown = true;
  server.kill();
  server.epoch = 'second';
  readSeq = 5;
  general.rev = backup.rev;
  general.lastSeq = backup.lastSeq;
  general.messages.clear();
  for (const [seq, message] of backup.messages) general.messages.set(seq, message);
  general.members.delete(carl.id);
  server.isDown = false;
  await clock.advance(60_000);
  for (let count = 1; count <= 3; count++) general.send(bob.id, server.id(), `after ${count}`);
  await clock.advance(1_000);
  expect(given).toEqual(['lost with the history', 'after 1', 'after 2', 'after 3']);
  expect(channel.messages.getSnapshot()).toMatchObject({ hasNewer: false });
  expect(channel.messages.getSnapshot().items.at(-1)?.body).toBe('after 3');
  expect(channel.members.getSnapshot().members.map(({ userId }) => userId)).toEqual([ann.id, bob.id]);
  expect(channel.receipts.getSnapshot()).toContainEqual({ userId: bob.id, readSeq: 5, deliveredSeq: 5 });
  here.close();
  await reading;
});

test('whatever is done with a failed message ends in an answer', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('bob')]);
  const here = client('ann');
  await online(clock, here);
  const statuses: string[] = [];
  here.on('outgoing', ({ status }) => statuses.push(status));
  const refused = here.channel(general.id).send('let me in');
  await clock.advance(100);
  // A loss does not tell of it again.
  server.kill();
  await clock.advance(20_000);
  expect(statuses.filter((status) => status === 'failed')).toHaveLength(1);
  server.invite(general, server.user('ann'));
  const [once, twice] = [refused.retry(), refused.retry()];
  await clock.advance(1_000);
  expect([await outcome(once), await outcome(twice)]).toEqual(['ok', 'ok']);
  server.isDown = true;
  server.kill();
  const waiting = here.channel(general.id).send('still here');
  const drained = here.drained();
  here.close();
  const late = waiting.retry();
  await clock.advance(1_000);
  expect([await outcome(waiting), await outcome(drained), await outcome(late)]).toEqual(['closed', 'closed', 'closed']);
});

test('a message that was sent after all is not shown as failed for ever', async () => {
  const { clock, server, client } = world();
  const ann = server.user('ann');
  const general = server.channel('general', [ann]);
  const here = client('ann');
  await online(clock, here);
  const statuses: string[] = [];
  here.on('outgoing', ({ status }) => statuses.push(status));
  server.faults.loseAnswer = 1;
  void here.channel(general.id).send('before I was put out');
  await clock.advance(20);
  server.heal();
  general.leave(ann.id);
  await clock.advance(20_000);
  expect([general.lastSeq, statuses.at(-1)]).toEqual([1, 'failed']);
  server.invite(general, ann);
  here.channel(general.id).messages.subscribe(() => {});
  await clock.advance(1_000);
  expect(statuses.at(-1)).toBe('sent');
  await here.drained();
  here.close();
});

test('what one tab takes back, the other does not send', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann')]);
  const storage = memoryStorage();
  const first = client('ann', { storage });
  const pending = first.channel(general.id).send('oops');
  await clock.advance(10);
  const second = client('ann', { storage });
  await clock.advance(10);
  pending.discard();
  await clock.advance(10);
  await online(clock, second);
  await clock.advance(1_000);
  expect(general.lastSeq).toBe(0);
  await second.drained();
  for (const client of [first, second]) client.close();
});

test('a storage that says nothing keeps nobody from sending', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann')]);
  const here = client('ann', { storage: { ...memoryStorage(), entries: () => new Promise(() => {}) } });
  const warnings: string[] = [];
  here.on('warning', ({ message }) => warnings.push(message));
  await online(clock, here);
  const sending = here.channel(general.id).send('none the less');
  await clock.advance(20_000);
  expect(await outcome(sending)).toBe('ok');
  expect(warnings).toEqual([expect.stringContaining('read the outbox')]);
  here.close();
});

test.each(['connecting', 'reconnecting'])('a client that is closed when it hears of %s stays closed', async (state) => {
  const { clock, server, client } = world();
  const here = client('ann');
  here.on('connection', ({ current }) => {
    if (current === state) here.close();
  });
  here.connect().catch(() => {});
  await clock.advance(100);
  server.tell(server.user('ann').id, { t: 'drain', reconnectInMs: 300 });
  await clock.advance(2_000);
  expect(here.connection.getSnapshot().current).toBe('closed');
  expect([server.sockets.size, clock.timerCount]).toEqual([0, 0]);
});

test('a token that was refused is renewed, however often that takes', async () => {
  const { clock, client } = world();
  const reasons: string[] = [];
  let token = 'stale';
  const here = client('ann', {
    token: async ({ reason }) => {
      reasons.push(reason);
      if (reason === 'refused' && reasons.length === 2) throw new TypeError('fetch failed');
      if (reason === 'refused') token = 'ann';
      return token;
    },
  });
  here.connect().catch(() => {});
  await clock.advance(60_000);
  expect(reasons).toEqual(['connect', 'refused', 'refused']);
  expect(here.connection.getSnapshot().current).toBe('online');
  here.close();
});

test('what was marked unread is not read again by a report that comes back', async () => {
  const { clock, server, client } = world();
  const [ann, bob] = [server.user('ann'), server.user('bob')];
  const general = server.channel('general', [ann, bob]);
  for (let count = 1; count <= 10; count++) general.send(bob.id, server.id(), `${count}`);
  const here = client('ann');
  await online(clock, here);
  await clock.advance(3_000);
  const reported: unknown[] = [];
  server.answers.set('receipt.read', (input) => {
    reported.push(input);
    if (reported.length === 1) throw new Error('out of order');
    return {};
  });
  server.answers.set('receipt.unread', () => ({}));
  here.channel(general.id).markRead();
  await clock.advance(1_003);
  void here.channel(general.id).markUnread(7);
  await clock.advance(10_000);
  expect(reported).toHaveLength(1);
  here.close();
});

test('two who ask a stream at once get one message each', async () => {
  const { clock, server, client } = world();
  const [ann, bob] = [server.user('ann'), server.user('bob')];
  const general = server.channel('general', [ann, bob]);
  const here = client('ann');
  await online(clock, here);
  const stream = here.messages();
  const asked = [stream.next(), stream.next()];
  await clock.advance(10);
  for (const body of ['one', 'two']) general.send(bob.id, server.id(), body);
  await clock.advance(1_000);
  expect((await Promise.all(asked)).map(({ value }) => value?.body)).toEqual(['one', 'two']);
  here.close();
});

test('a webhook is not made again because its answer was lost', async () => {
  const { clock, server, client } = world();
  server.channel('general', [server.user('ann')]);
  const here = client('ann');
  await online(clock, here);
  let made = 0;
  server.answers.set('webhook.create', () => {
    made += 1;
    return {};
  });
  server.faults.loseAnswer = 1;
  const making = here.call('webhook.create', { kind: 'incoming', name: 'builds' } as never);
  making.catch(() => {});
  await clock.advance(20);
  server.heal();
  await clock.advance(10_000);
  expect([await outcome(making), made]).toEqual(['disconnected', 1]);
  here.close();
});

test('a name that changed while there was no connection is learned after the next connect', async () => {
  const { clock, server, client } = world();
  const [ann, bob] = [server.user('ann'), server.user('bob')];
  server.channel('general', [ann, bob]);
  const here = client('ann');
  await online(clock, here);
  const name = here.users.of(bob.id);
  const end = name.subscribe(() => {});
  await clock.advance(1_000);
  expect(name.getSnapshot()?.displayName).toBe(bob.displayName);
  server.kill();
  Object.assign(bob, { displayName: 'Robert' });
  await clock.advance(60_000);
  expect(name.getSnapshot()?.displayName).toBe('Robert');
  const asked = server.commands.filter((command) => command.name === 'user.get').length;
  await clock.advance(60_000);
  expect(server.commands.filter((command) => command.name === 'user.get')).toHaveLength(asked);
  end();
  here.close();
});
