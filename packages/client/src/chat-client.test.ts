import type { MessageView } from '@parley/protocol';
import { expect, test } from 'vitest';
import { memoryStorage } from './storage.ts';
import { online, world } from './testing/world.ts';

const bodies = (messages: readonly MessageView[]) => messages.map(({ body }) => body);

test('connects, lists channels with what is unread, and follows them', async () => {
  const { clock, server, client } = world();
  const [ann, bob] = [server.user('ann'), server.user('bob')];
  const general = server.channel('general', [ann, bob]);
  general.send(bob.id, server.id(), 'before');
  const states: string[] = [];
  const annClient = client('ann');
  annClient.on('connection', ({ current }) => states.push(current));
  await online(clock, annClient);
  expect(states).toEqual(['connecting', 'online']);
  expect(annClient.me.getSnapshot()?.id).toBe(ann.id);
  expect(annClient.channels.getSnapshot()).toMatchObject([{ id: general.id, unread: 1, channel: { name: 'general' } }]);
  general.send(bob.id, server.id(), 'live');
  await clock.advance(10);
  expect(annClient.channels.getSnapshot()).toMatchObject([{ unread: 2, lastMessage: { body: 'live' } }]);
  annClient.channel(general.id).markRead();
  expect(annClient.channels.getSnapshot()).toMatchObject([{ unread: 0 }]);
  annClient.close();
});

test('snapshots are the same object until something changes, and listeners hear once per frame', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const ann = client('ann');
  await online(clock, ann);
  const channel = ann.channel(general.id);
  let calls = 0;
  const stop = channel.messages.subscribe(() => {
    calls += 1;
  });
  await clock.advance(50);
  const before = channel.messages.getSnapshot();
  expect(channel.messages.getSnapshot()).toBe(before);
  calls = 0;
  general.send(server.user('bob').id, server.id(), 'one');
  await clock.advance(10);
  expect(calls).toBe(1);
  const after = channel.messages.getSnapshot();
  expect(after).not.toBe(before);
  general.send(server.user('bob').id, server.id(), 'two');
  await clock.advance(10);
  expect(channel.messages.getSnapshot().items[0]).toBe(after.items[0]);
  stop();
  ann.close();
});

test('a message is in sight at once, changes its status, and is never shown twice', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const ann = client('ann');
  const channel = ann.channel(general.id);
  const seen: string[] = [];
  channel.messages.subscribe(() =>
    seen.push(
      channel.messages
        .getSnapshot()
        .items.map(({ body, status }) => `${body}:${status}`)
        .join(),
    ),
  );
  const pending = channel.send('hello');
  expect(channel.messages.getSnapshot().items).toMatchObject([
    { id: pending.id, body: 'hello', status: 'queued', seq: 0 },
  ]);
  await online(clock, ann);
  await clock.advance(100);
  expect(await pending).toMatchObject({ id: pending.id, seq: 1 });
  expect(channel.messages.getSnapshot().items).toMatchObject([{ id: pending.id, status: 'sent', seq: 1 }]);
  for (const items of seen) expect(items.split(',').length).toBe(1);
  ann.close();
});

test('an answer that was lost with the socket does not double the message', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const ann = client('ann');
  await online(clock, ann);
  server.faults.loseAnswer = 1;
  const pending = ann.channel(general.id).send('once');
  await clock.advance(2_000);
  server.heal();
  await clock.advance(60_000);
  expect(await pending).toMatchObject({ seq: 1 });
  expect(general.lastSeq).toBe(1);
  ann.close();
});

test('what has come back as an event is sent, though its answer was lost, and waits no longer', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const ann = client('ann');
  await online(clock, ann);
  const told: string[] = [];
  ann.on('outgoing', ({ status }) => told.push(status));
  server.faults.loseAnswer = 1;
  const pending = ann.channel(general.id).send('once');
  await clock.advance(1_000);
  server.faults.loseAnswer = 0;
  server.answers.set('message.send', () => {
    throw new Error('nothing more is sent');
  });
  await clock.advance(5_000);
  expect(await pending).toMatchObject({ seq: 1, id: pending.id });
  expect(told.filter((status) => status === 'sent')).toEqual(['sent']);
  await ann.drained();
  ann.close();
});

test('a message that failed is sent after all once it is seen in its channel', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('bob')]);
  const ann = client('ann');
  await online(clock, ann);
  const channel = ann.channel(general.id);
  const pending = channel.send('it was there');
  await clock.advance(100);
  await expect(pending).rejects.toMatchObject({ code: 'not_found' });
  server.invite(general, server.user('ann'));
  general.send(server.user('ann').id, pending.id, 'it was there');
  await clock.advance(100);
  expect(channel.messages.getSnapshot().items).toMatchObject([{ id: pending.id, status: 'sent', seq: 1 }]);
  expect(channel.messages.getSnapshot().items.length).toBe(1);
  ann.close();
});

test('what could not be sent survives the client, and goes out once, in order', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const storage = memoryStorage();
  const first = client('ann', { storage });
  const channel = first.channel(general.id);
  for (const body of ['1', '2', '3']) void channel.send(body);
  await clock.advance(10);
  first.close();
  const second = client('ann', { storage });
  void second.channel(general.id).send('4');
  await online(clock, second);
  await clock.advance(500);
  expect(bodies([...general.messages.values()])).toEqual(['1', '2', '3', '4']);
  expect(await storage.entries('')).toEqual([]);
  second.close();
});

test('two tabs with one outbox send each message once', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const storage = memoryStorage();
  const before = client('ann', { storage });
  for (const body of ['1', '2', '3']) void before.channel(general.id).send(body);
  await clock.advance(10);
  before.close();
  const tabs = [client('ann', { storage }), client('ann', { storage })];
  server.faults.loseAnswer = 0.3;
  for (const tab of tabs) tab.connect().catch(() => {});
  void tabs[0]?.channel(general.id).send('4');
  await clock.advance(5_000);
  server.heal();
  await clock.advance(60_000);
  expect(bodies([...general.messages.values()])).toEqual(['1', '2', '3', '4']);
  expect(await storage.entries('')).toEqual([]);
  for (const tab of tabs) {
    tab.channel(general.id).messages.subscribe(() => {});
    await clock.advance(50);
    expect(bodies(tab.channel(general.id).messages.getSnapshot().items)).toEqual(['1', '2', '3', '4']);
    tab.close();
  }
});

test('what another user of this device wrote is not sent in one’s name', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const storage = memoryStorage();
  const ann = client('ann', { storage });
  await online(clock, ann);
  server.isDown = true;
  server.kill();
  await clock.advance(50);
  void ann.channel(general.id).send('from ann');
  await clock.advance(10);
  ann.close();
  server.isDown = false;
  const bob = client('bob', { storage });
  await online(clock, bob);
  await clock.advance(1_000);
  expect(general.lastSeq).toBe(0);
  bob.close();
});

test('names thousands of channels in several frames, after the welcome', async () => {
  const { clock, server, client } = world();
  const [ann, bob] = [server.user('ann'), server.user('bob')];
  const many = Array.from({ length: 2_300 }, (_, index) => server.channel(`channel ${index}`, [ann, bob]));
  const annClient = client('ann');
  await online(clock, annClient);
  const outcomes: string[] = [];
  annClient.on('channelSynced', ({ continuity }) => outcomes.push(continuity));
  server.kill();
  many[2_299]?.send(bob.id, server.id(), 'in the last one');
  await clock.advance(5_000);
  expect(outcomes.length).toBe(2_300);
  expect(new Set(outcomes)).toEqual(new Set(['resumed']));
  expect(annClient.channels.getSnapshot().at(-1)).toMatchObject({ unread: 1 });
  annClient.close();
});

test('a refusal for good fails the message, which can be tried again or taken back', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('bob')]);
  const ann = client('ann');
  const channel = ann.channel(general.id);
  await online(clock, ann);
  const pending = channel.send('let me in');
  await clock.advance(100);
  await expect(pending).rejects.toMatchObject({ code: 'not_found' });
  expect(channel.messages.getSnapshot().items).toMatchObject([{ status: 'failed', error: { code: 'not_found' } }]);
  server.invite(general, server.user('ann'));
  const again = pending.retry();
  await clock.advance(100);
  expect(await again).toMatchObject({ id: pending.id });
  general.leave(server.user('ann').id);
  const other = channel.send('and again');
  await clock.advance(100);
  other.discard();
  expect(channel.messages.getSnapshot().items).toEqual([]);
  ann.close();
});

test('a lost event is seen by the next one, and mended', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const ann = client('ann');
  const channel = ann.channel(general.id);
  channel.messages.subscribe(() => {});
  await online(clock, ann);
  const bob = server.user('bob').id;
  server.faults.loseEvent = 1;
  general.send(bob, server.id(), 'lost');
  server.heal();
  general.send(bob, server.id(), 'behind it');
  await clock.advance(20);
  expect(channel.messages.getSnapshot().items).toEqual([]);
  await clock.advance(1_000);
  expect(bodies(channel.messages.getSnapshot().items)).toEqual(['lost', 'behind it']);
  ann.close();
});

test('a lost event with nothing behind it is seen by the next pong', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const ann = client('ann');
  await online(clock, ann);
  server.faults.loseEvent = 1;
  general.send(server.user('bob').id, server.id(), 'lost');
  server.heal();
  await clock.advance(server.heartbeatInterval + 2_000);
  expect(ann.channels.getSnapshot()).toMatchObject([{ unread: 1, lastMessage: { body: 'lost' } }]);
  ann.close();
});

test('a half-open socket is given up, and everything is caught up', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const ann = client('ann');
  const outcomes: string[] = [];
  ann.on('channelSynced', ({ continuity }) => outcomes.push(continuity));
  await online(clock, ann);
  for (const socket of server.sockets) socket.isHalfOpen = true;
  general.send(server.user('bob').id, server.id(), 'unheard');
  await clock.advance(server.heartbeatInterval * 3 + 2_000);
  expect(ann.connection.getSnapshot().current).toBe('online');
  expect(ann.channels.getSnapshot()).toMatchObject([{ unread: 1 }]);
  expect(outcomes).toEqual(['reset', 'resumed']);
  ann.close();
});

test('who is removed loses the channel; who is let in again has it whole', async () => {
  const { clock, server, client } = world();
  const ann = server.user('ann');
  const general = server.channel('general', [ann, server.user('bob')]);
  const annClient = client('ann');
  const left: string[] = [];
  annClient.on('channelLeft', ({ channelId }) => left.push(channelId));
  const channel = annClient.channel(general.id);
  channel.messages.subscribe(() => {});
  await online(clock, annClient);
  general.send(server.user('bob').id, server.id(), 'one');
  await clock.advance(50);
  general.leave(ann.id);
  await clock.advance(50);
  expect(left).toEqual([general.id]);
  expect(channel.messages.getSnapshot().items).toEqual([]);
  general.send(server.user('bob').id, server.id(), 'two');
  server.invite(general, ann);
  await clock.advance(200);
  expect(annClient.channels.getSnapshot()).toMatchObject([{ id: general.id }]);
  expect(bodies(channel.messages.getSnapshot().items)).toEqual(['one', 'two']);
  annClient.close();
});

test('who was removed while away finds the channel gone', async () => {
  const { clock, server, client } = world();
  const ann = server.user('ann');
  const general = server.channel('general', [ann, server.user('bob')]);
  const annClient = client('ann');
  await online(clock, annClient);
  server.kill();
  general.leave(ann.id);
  await clock.advance(5_000);
  expect(annClient.connection.getSnapshot().current).toBe('online');
  expect(annClient.channels.getSnapshot()).toEqual([]);
  annClient.close();
});

test('a resume begins exactly where the client stands: nothing is left to mend', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const ann = client('ann');
  await online(clock, ann);
  for (let round = 1; round <= 5; round++) {
    server.kill();
    for (let index = 0; index < round; index++) general.send(server.user('bob').id, server.id(), `${round}/${index}`);
    await clock.advance(10_000);
    expect(ann.channels.getSnapshot()).toMatchObject([{ channel: { lastSeq: general.lastSeq } }]);
    general.send(server.user('bob').id, server.id(), 'live');
    await clock.advance(1_000);
    expect(ann.channels.getSnapshot()).toMatchObject([{ channel: { lastSeq: general.lastSeq } }]);
  }
  expect(server.commands.filter(({ name }) => name === 'sync.changes')).toEqual([]);
  ann.close();
});

test('too long away: told as reset, and what is shown is loaded afresh', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const ann = client('ann');
  const channel = ann.channel(general.id);
  channel.messages.subscribe(() => {});
  await online(clock, ann);
  const bob = server.user('bob').id;
  general.send(bob, server.id(), 'old');
  await clock.advance(50);
  const outcomes: string[] = [];
  ann.on('channelSynced', ({ continuity }) => outcomes.push(continuity));
  server.isDown = true;
  server.kill();
  server.maxChanges = 10;
  general.edit(1, 'edited meanwhile');
  for (let index = 0; index < 80; index++) general.send(bob, server.id(), `${index}`);
  await clock.advance(1_000);
  server.isDown = false;
  await clock.advance(60_000);
  expect(outcomes).toEqual(['reset']);
  const { items, hasOlder } = channel.messages.getSnapshot();
  expect(items.length).toBe(50);
  expect(items.at(-1)?.body).toBe('79');
  expect(hasOlder).toBe(true);
  void channel.loadOlder();
  await clock.advance(100);
  expect(channel.messages.getSnapshot().items[0]?.body).toBe('edited meanwhile');
  ann.close();
});

test('a long way back lets go of the newest, live messages do not pile up behind it, and there is a way back', async () => {
  const { clock, server, client } = world();
  const [ann, bob] = [server.user('ann'), server.user('bob')];
  const general = server.channel('general', [ann, bob]);
  for (let count = 1; count <= 5_600; count++) general.send(bob.id, server.id(), `${count}`);
  const reader = client('ann');
  await online(clock, reader);
  const channel = reader.channel(general.id);
  const stop = channel.messages.subscribe(() => {});
  await clock.advance(50);
  const seqs = () => channel.messages.getSnapshot().items.map(({ seq }) => seq);
  while (channel.messages.getSnapshot().hasOlder) {
    void channel.loadOlder(100);
    await clock.advance(50);
  }
  expect(seqs().length).toBeLessThanOrEqual(5_100);
  expect(seqs()).toEqual(seqs().map((_, index) => index + 1));
  expect(channel.messages.getSnapshot().hasNewer).toBe(true);
  general.send(bob.id, server.id(), 'live');
  await clock.advance(50);
  expect(bodies(channel.messages.getSnapshot().items).at(-1)).not.toBe('live');
  void channel.jumpToLatest();
  await clock.advance(50);
  expect(bodies(channel.messages.getSnapshot().items).at(-1)).toBe('live');
  expect(channel.messages.getSnapshot().hasNewer).toBe(false);
  stop();
  reader.close();
});

test('another epoch forgets everything', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const ann = client('ann');
  const channel = ann.channel(general.id);
  channel.messages.subscribe(() => {});
  await online(clock, ann);
  for (let index = 0; index < 5; index++) general.send(server.user('bob').id, server.id(), `${index}`);
  await clock.advance(50);
  // A restored backup: fewer revs than the client has seen.
  server.epoch = 'second';
  server.channels.clear();
  const restored = server.channel('restored', [server.user('ann')]);
  server.kill();
  await clock.advance(30_000);
  expect(ann.channels.getSnapshot()).toMatchObject([{ id: restored.id }]);
  ann.close();
});

test('waits longer and longer for a server that is away, tells of it, and tries at once when asked to or woken', async () => {
  const { clock, server, client } = world();
  server.reconnectAttempts = 3;
  let wake = (_hint: 'online' | 'offline' | 'visible'): void => {};
  const ann = client('ann', {
    wake: (listener) => {
      wake = listener;
      return () => {};
    },
  });
  await online(clock, ann);
  const states: string[] = [];
  ann.on('connection', ({ current }) => states.push(current));
  server.isDown = true;
  server.kill();
  await clock.advance(120_000);
  expect(states.indexOf('offline')).toBe(3);
  expect(states.length).toBeGreaterThan(8);
  expect(ann.connection.getSnapshot().retryInMs).toBeLessThanOrEqual(15_000);
  server.isDown = false;
  const again = ann.connect();
  await clock.advance(50);
  await again;
  for (const hint of ['online', 'visible'] as const) {
    server.isDown = true;
    server.kill();
    await clock.advance(60_000);
    server.isDown = false;
    wake(hint);
    await clock.advance(50);
    expect(ann.connection.getSnapshot().current).toBe('online');
  }
  // Woken with a socket that is a corpse: it is found out long before the heartbeat would.
  for (const socket of server.sockets) socket.isHalfOpen = true;
  wake('visible');
  await clock.advance(7_000);
  expect(ann.connection.getSnapshot().current).toBe('online');
  expect([...server.sockets].map(({ isHalfOpen }) => isHalfOpen)).toEqual([false]);
  ann.close();
});

test('a server that drains is left when it says so, without a failure', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann')]);
  const ann = client('ann');
  await online(clock, ann);
  const states: string[] = [];
  ann.on('connection', ({ current, retryInMs }) => states.push(`${current} ${retryInMs}`));
  server.tell(server.user('ann').id, { t: 'drain', reconnectInMs: 300 });
  await clock.advance(100);
  const sent = ann.channel(general.id).send('still here');
  await clock.advance(50);
  expect(await sent).toMatchObject({ seq: 1 });
  await clock.advance(400);
  expect(states).toEqual(['reconnecting 0', 'online null']);
  ann.close();
});

test('a refused token ends it; a function is asked once more first', async () => {
  const { clock, server, client } = world();
  const refused = client('nobody', { token: 'unknown' });
  const first = expect(refused.connect()).rejects.toMatchObject({ code: 'unauthenticated', retryable: false });
  await clock.advance(1_000);
  await first;
  expect(refused.connection.getSnapshot().current).toBe('failed');
  server.user('ann');
  const reasons: string[] = [];
  const renewed = client('ann', {
    token: ({ reason }) => {
      reasons.push(reason);
      return reason === 'refused' ? 'ann' : 'stale';
    },
  });
  await online(clock, renewed);
  expect(reasons).toEqual(['connect', 'refused']);
  renewed.close();
});

test('a call waits for the connection, ends with its deadline, its signal or the client', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann')]);
  const ann = client('ann');
  const waiting = ann.call('channel.get', { channelId: general.id });
  const late = expect(ann.call('me.get', {}, { timeoutMs: 50 })).rejects.toMatchObject({ code: 'timed_out' });
  const controller = new AbortController();
  const aborted = expect(ann.call('me.get', {}, { signal: controller.signal })).rejects.toMatchObject({
    code: 'aborted',
  });
  controller.abort();
  await clock.advance(60);
  await online(clock, ann);
  expect(await waiting).toMatchObject({ channel: { id: general.id } });
  server.answers.set('me.get', () => new Promise(() => {}));
  const closed = expect(ann.call('channel.browse', {}, {})).rejects.toMatchObject({ code: 'closed' });
  ann.close();
  await Promise.all([late, aborted, closed]);
});

test('closing leaves no timer and no socket behind', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const ann = client('ann');
  const channel = ann.channel(general.id);
  for (const store of [channel.messages, channel.members, channel.receipts, channel.typing]) store.subscribe(() => {});
  ann.presence.watch([server.user('bob').id]);
  await online(clock, ann);
  void channel.send('unanswered');
  channel.setTyping();
  general.send(server.user('bob').id, server.id(), 'to be reported');
  server.tell(server.user('ann').id, { t: 'typing', channel: general.id, userId: server.user('bob').id, on: true });
  await clock.advance(7);
  ann.close();
  await clock.advance(20);
  expect(server.sockets.size).toBe(0);
  expect(clock.timerCount).toBe(0);
  expect(ann.connection.getSnapshot().current).toBe('closed');
});

test('receipts are asked for once by a screen that opens before the connection does', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const ann = client('ann');
  ann.channel(general.id).receipts.subscribe(() => {});
  await online(clock, ann);
  expect(server.commands.filter(({ name }) => name === 'receipt.list')).toHaveLength(1);
  ann.close();
});

test('typing ends by itself, and with the message', async () => {
  const { clock, server, client } = world();
  const bob = server.user('bob').id;
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const ann = client('ann');
  await online(clock, ann);
  const { typing } = ann.channel(general.id);
  const says = (): void =>
    server.tell(server.user('ann').id, { t: 'typing', channel: general.id, userId: bob, on: true });
  says();
  await clock.advance(10);
  expect(typing.getSnapshot()).toEqual([bob]);
  await clock.advance(6_000);
  expect(typing.getSnapshot()).toEqual([]);
  says();
  await clock.advance(10);
  general.send(bob, server.id(), 'done');
  await clock.advance(10);
  expect(typing.getSnapshot()).toEqual([]);
  ann.close();
});

test('delivered and read are gathered, and read says delivered too', async () => {
  const { clock, server, client } = world();
  const general = server.channel('general', [server.user('ann'), server.user('bob')]);
  const ann = client('ann');
  await online(clock, ann);
  await clock.advance(3_000);
  const reports = () => server.commands.filter(({ name }) => name.startsWith('receipt.'));
  for (let index = 0; index < 5; index++) general.send(server.user('bob').id, server.id(), `${index}`);
  await clock.advance(2_000);
  expect(reports()).toMatchObject([
    { name: 'receipt.delivered', input: { cursors: [{ channelId: general.id, seq: 5 }] } },
  ]);
  general.send(server.user('bob').id, server.id(), 'six');
  await clock.advance(100);
  ann.channel(general.id).markRead();
  await clock.advance(2_000);
  expect(reports().slice(1)).toMatchObject([
    { name: 'receipt.read', input: { cursors: [{ channelId: general.id, seq: 6 }] } },
  ]);
  ann.close();
});

test('word of a channel from before the user left it does not bring it back, word from after it does', async () => {
  const { clock, server, client } = world();
  const [ann, bob] = [server.user('ann'), server.user('bob')];
  const general = server.channel('general', [ann, bob]);
  const annClient = client('ann');
  await online(clock, annClient);
  const before = general.joinedFor(ann.id);
  general.leave(ann.id);
  server.tell(ann.id, { t: 'joined', joined: before });
  await clock.advance(50);
  expect(annClient.channels.getSnapshot()).toEqual([]);
  server.invite(general, ann);
  await clock.advance(50);
  expect(annClient.channels.getSnapshot()).toMatchObject([{ id: general.id }]);
  annClient.close();
});

test.each(['before', 'after'])(
  'a client that is told to be out %s it learns that it was in ends up out',
  async (order) => {
    const { clock, server, client } = world();
    const [ann, bob] = [server.user('ann'), server.user('bob')];
    const general = server.channel('general', [ann, bob]);
    const joined = general.joinedFor(ann.id);
    general.leave(ann.id);
    const annClient = client('ann');
    await online(clock, annClient);
    const members = { joined: [], left: [ann.id] };
    const { rev } = general;
    const out = { t: 'changes' as const, channelId: general.id, from: 0, rev, reset: false, messages: [], members };
    const told = [out, { t: 'joined' as const, joined }];
    for (const frame of order === 'before' ? told : told.toReversed()) server.tell(ann.id, frame);
    await clock.advance(50);
    expect(annClient.channels.getSnapshot()).toEqual([]);
    server.invite(general, ann);
    await clock.advance(50);
    expect(annClient.channels.getSnapshot()).toMatchObject([{ id: general.id }]);
    annClient.close();
  },
);

test('a repair tells of every new message as new and shows all of them, also when an earlier one was changed last', async () => {
  const { clock, server, client } = world();
  const [ann, bob] = [server.user('ann'), server.user('bob')];
  const general = server.channel('general', [ann, bob]);
  const annClient = client('ann');
  await online(clock, annClient);
  annClient.channel(general.id).messages.subscribe(() => {});
  await clock.advance(50);
  const told: string[] = [];
  annClient.on('message', ({ message }) => told.push(message.body));
  server.faults = { ...server.faults, loseEvent: 1 };
  for (const body of ['one', 'two', 'three']) general.send(bob.id, server.id(), body);
  general.edit(1, 'one, edited');
  server.heal();
  general.send(bob.id, server.id(), 'four');
  await clock.advance(2_000);
  expect(told).toEqual(['one, edited', 'two', 'three', 'four']);
  expect(bodies(annClient.channel(general.id).messages.getSnapshot().items)).toEqual(told);
  annClient.close();
});
