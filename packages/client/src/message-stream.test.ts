import type { MessageView } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ChatClient, createClient } from './chat-client.ts';
import { type ClientStorage, memoryStorage } from './storage.ts';
import { FakeClock, settle } from './testing/fake-clock.ts';
import type { ModelChannel } from './testing/model-channel.ts';
import { ModelServer } from './testing/model-server.ts';

interface World {
  readonly clock: FakeClock;
  readonly server: ModelServer;
  readonly channel: ModelChannel;
  readonly start: (storage?: ClientStorage) => ChatClient;
  readonly say: (body: string) => void;
}

function world(seed = 1): World {
  const clock = new FakeClock(seed);
  const server = new ModelServer(clock);
  const [bot, ann] = [server.user('bot'), server.user('ann')];
  const channel = server.channel('general', [bot, ann]);
  // The model keeps what is reported read, as the server does.
  server.answers.set('receipt.read', ({ cursors }, userId) => {
    for (const { channelId, seq } of cursors as { channelId: string; seq: number }[]) {
      const member = server.channels.get(channelId as never)?.members.get(userId);
      if (member !== undefined) member.readSeq = Math.max(member.readSeq, seq);
    }
    return {};
  });
  return {
    clock,
    server,
    channel,
    start: (storage) => {
      const client = createClient({
        url: 'http://model',
        token: 'bot',
        WebSocket: server.WebSocket,
        runtime: clock.runtime,
        storage,
      });
      client.connect().catch(() => {});
      return client;
    },
    say: (body) => void channel.send(ann.id, server.id(), body),
  };
}

/** Reads a stream into a list, for as long as it lasts. */
function collect(client: ChatClient, into: MessageView[], options: Parameters<ChatClient['messages']>[0] = {}): void {
  void (async () => {
    for await (const message of client.messages(options)) into.push(message);
  })();
}

const bodies = (messages: readonly MessageView[]) => messages.map(({ body }) => body);

test('gives what was unread, then what comes, without one’s own', async () => {
  const { clock, server, channel, start, say } = world();
  say('before');
  const bot = start();
  const got: MessageView[] = [];
  collect(bot, got);
  await clock.advance(200);
  say('live');
  channel.send(server.user('bot').id, server.id(), 'mine');
  say('after mine');
  await clock.advance(200);
  expect(bodies(got)).toEqual(['before', 'live', 'after mine']);
  bot.close();
});

test('the server remembers how far a bot has read, so that it needs no storage of its own', async () => {
  const { clock, start, say } = world();
  const first = start();
  const got: MessageView[] = [];
  collect(first, got);
  await clock.advance(100);
  for (const body of ['1', '2', '3']) say(body);
  // Worked through is what the next one was asked for after; the reading is reported after a second.
  await clock.advance(2_000);
  first.close();
  say('4');
  const second = start();
  const more: MessageView[] = [];
  collect(second, more);
  await clock.advance(200);
  expect(bodies(got)).toEqual(['1', '2', '3']);
  expect(bodies(more)).toEqual(['4']);
  second.close();
});

test('`now` skips the past; one channel may be chosen; a signal ends it', async () => {
  const { clock, server, start, say } = world();
  const other = server.channel('other', [server.user('bot'), server.user('ann')]);
  say('past');
  const bot = start();
  await clock.advance(100);
  const got: MessageView[] = [];
  const controller = new AbortController();
  collect(bot, got, { from: 'now', channelId: other.id, signal: controller.signal });
  await clock.advance(50);
  say('elsewhere');
  other.send(server.user('ann').id, server.id(), 'here');
  await clock.advance(50);
  expect(bodies(got)).toEqual(['here']);
  controller.abort();
  await settle();
  other.send(server.user('ann').id, server.id(), 'too late');
  await clock.advance(50);
  expect(got.length).toBe(1);
  const over = bot.messages({ signal: controller.signal });
  expect(await over.next()).toEqual({ done: true, value: undefined });
  bot.close();
});

test('a reader that is slower than the channel gets everything all the same', async () => {
  const { clock, start, say } = world();
  const bot = start();
  await clock.advance(100);
  const stream = bot.messages();
  await clock.advance(10);
  const total = 1_500;
  for (let index = 1; index <= total; index++) say(`${index}`);
  await clock.advance(100);
  const got: string[] = [];
  const reading = (async () => {
    for await (const { body } of stream) {
      got.push(body);
      if (got.length === total) break;
    }
  })();
  await clock.advance(1_000);
  await reading;
  expect(got).toEqual(Array.from({ length: total }, (_, index) => `${index + 1}`));
  bot.close();
});

type Step = 'say' | 'kill' | 'down' | 'up' | 'restart' | number;

test('whatever is lost on the way, and however often the bot is restarted: every message, in order, no hole', async () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.constant<Step>('say') },
    { weight: 3, arbitrary: fc.constantFrom<Step>('kill', 'down', 'up', 'restart') },
    { weight: 3, arbitrary: fc.constantFrom<Step>(3, 8, 40, 1_200, 30_000) },
  );
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.boolean(), fc.array(step, { maxLength: 50 }), async (seed, isStored, steps) => {
      const { clock, server, channel, start, say } = world(seed);
      server.faults = { ...server.faults, loseEvent: 0.15, doubleEvent: 0.1, delayEvent: 0.1, loseAnswer: 0.05 };
      const storage = isStored ? memoryStorage() : undefined;
      const got: MessageView[] = [];
      let bot = start(storage);
      collect(bot, got);
      const restarts: number[] = [];
      for (const what of steps) {
        if (typeof what === 'number') await clock.advance(what);
        else if (what === 'say') say(`${channel.lastSeq + 1}`);
        else if (what === 'kill') server.kill();
        else if (what !== 'restart') server.isDown = what === 'down';
        else {
          bot.close();
          await settle();
          restarts.push(got.length);
          bot = start(storage);
          collect(bot, got);
        }
      }
      server.heal();
      await clock.advance(120_000);
      // After a restart it may begin with what was given out before it, never behind a hole.
      let seq = 0;
      for (const [index, message] of got.entries()) {
        if (restarts.includes(index)) expect(message.seq).toBeLessThanOrEqual(seq + 1);
        else expect(message.seq).toBe(seq + 1);
        seq = message.seq;
      }
      expect(seq).toBe(channel.lastSeq);
      bot.close();
    }),
    { numRuns: Number(process.env.PARLEY_SIM_RUNS ?? 150) },
  );
}, 60_000);
