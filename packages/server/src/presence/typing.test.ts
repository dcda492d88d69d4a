import type { ChannelId, UserId } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Fanout } from '../fanout/fanout.ts';
import { MemoryBus } from '../fanout/memory-bus.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { Typing } from './typing.ts';

const root = { id: 'root' as ChannelId, rootId: 'root' as ChannelId };
const thread = { id: 'thread' as ChannelId, rootId: 'root' as ChannelId };
const ann = 'ann' as UserId;
const ben = 'ben' as UserId;

interface Told {
  readonly atMs: number;
  readonly topic: string;
  readonly channel: string;
  readonly userId: string;
  readonly on: boolean;
}

function setUp() {
  const clock = new FakeClock();
  const bus = new MemoryBus();
  const told: Told[] = [];
  bus.publish = (topic, payload) => {
    if (payload.kind !== 'ephemeral') throw new Error('typing is never stored');
    const { channel, userId, on } = JSON.parse(payload.json) as Told;
    told.push({ atMs: clock.monotonic(), topic, channel, userId, on });
  };
  return { clock, told, typing: new Typing(new Fanout(bus), clock) };
}

describe('typing', () => {
  test('[TYP1] a sign that is not repeated ends 6 s later, and one that is lives on', async () => {
    const { clock, told, typing } = setUp();
    typing.set(ann, thread, true);
    await clock.advance(5_000);
    typing.set(ann, thread, true);
    await clock.advance(5_999);
    expect(told.map(({ atMs, on }) => [atMs, on])).toEqual([
      [0, true],
      [5_000, true],
    ]);
    expect(typing.channelsOf(ann)).toEqual(['thread']);
    await clock.advance(1);
    expect(told.at(-1)).toEqual({ atMs: 11_000, topic: 'channel:root', channel: 'thread', userId: ann, on: false });
    expect(typing.channelsOf(ann)).toEqual([]);
  });

  test('[TYP1] a message, a stop and the last socket end it; after a message nothing needs to be told', async () => {
    const { clock, told, typing } = setUp();
    typing.set(ann, root, true);
    typing.sent(ann, root.id);
    typing.set(ann, root, true);
    typing.set(ann, root, false);
    typing.set(ann, root, false);
    typing.set(ann, root, true);
    typing.set(ann, thread, true);
    typing.gone(ann);
    expect(told.map(({ channel, on }) => [channel, on])).toEqual([
      ['root', true],
      ['root', true],
      ['root', false],
      ['root', true],
      ['thread', true],
      ['root', false],
      ['thread', false],
    ]);
    await clock.advance(20_000);
    expect(told).toHaveLength(7);
  });

  test('[TYP2] a user of many devices who types without end is told every 2.5 s, and a crowd by twenty names', async () => {
    const { clock, told, typing } = setUp();
    for (let sign = 0; sign < 100; sign++) {
      typing.set(ann, root, true);
      await clock.advance(100);
    }
    expect(told.map(({ atMs }) => atMs)).toEqual([0, 2_500, 5_000, 7_500]);
    for (let user = 0; user < 100; user++) typing.set(`user-${user}` as UserId, root, true);
    expect(new Set(told.map(({ userId }) => userId)).size).toBe(20);
    for (let channel = 0; channel < 9; channel++) {
      typing.set(ben, { id: `c-${channel}` as ChannelId, rootId: `c-${channel}` as ChannelId }, true);
    }
    expect(typing.channelsOf(ben)).toHaveLength(5);
  });

  test('[TYP1] whatever happens, all are told to have stopped in the end, and nobody types for longer than he does', async () => {
    const act = fc.record({
      user: fc.constantFrom(ann, ben),
      channel: fc.constantFrom(root, thread),
      do: fc.constantFrom('on' as const, 'on' as const, 'off' as const, 'sent' as const, 'gone' as const),
      passMs: fc.nat(7_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (acts) => {
        const { clock, told, typing } = setUp();
        const lastSign = new Map<string, number>();
        for (const { user, channel, do: what, passMs } of acts) {
          if (what === 'gone') typing.gone(user);
          else if (what === 'sent') typing.sent(user, channel.id);
          else typing.set(user, channel, what === 'on');
          if (what === 'on') lastSign.set(user + channel.id, clock.monotonic());
          await clock.advance(passMs);
          for (const typist of [ann, ben]) {
            for (const id of typing.channelsOf(typist)) {
              expect(clock.monotonic() - (lastSign.get(typist + id) ?? 0)).toBeLessThan(6_000);
            }
          }
        }
        await clock.advance(6_000);
        expect([...typing.channelsOf(ann), ...typing.channelsOf(ben)]).toEqual([]);
        const ended = new Map(told.map((one) => [one.userId + one.channel, one]));
        const silent = acts.some((one) => one.do === 'sent');
        if (!silent) for (const last of ended.values()) expect(last.on).toBe(false);
      }),
    );
  });
});
