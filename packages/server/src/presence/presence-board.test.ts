import type { PresenceData, UserId, UserView } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { FakeClock, settlePromises } from '../testing/fake-clock.ts';
import { PLAIN_STATUS, type Whereabouts } from './presence.ts';
import { PresenceBoard } from './presence-board.ts';

const ann = 'ann' as UserId;
const ben = 'ben' as UserId;
const viewer = { userId: ann, serverRole: 'member' } as const;
const userOf = (id: UserId): UserView => ({ id, username: id, displayName: id, kind: 'human', role: 'member' });
const online = (userId: UserId): Whereabouts => ({
  userId,
  user: userOf(userId),
  devices: 'active',
  status: PLAIN_STATUS,
  lastSeenAt: null,
});
const offline = (userId: UserId): Whereabouts => ({ ...online(userId), devices: null });

/** A board whose reads are answered by the test, and what its watchers get, in order. */
function setUp() {
  const clock = new FakeClock();
  const reads: { userIds: readonly UserId[]; answer(rows: readonly Whereabouts[]): void; fail(): void }[] = [];
  const log: string[] = [];
  const errors: unknown[] = [];
  const behind = new Set<string>();
  const board = new PresenceBoard<{ name: string }>({
    clock,
    read: (userIds) =>
      new Promise((resolve, reject) => {
        reads.push({ userIds, answer: resolve, fail: () => reject(new Error('away')) });
      }),
    tell: (watchers, json) => {
      const { presence } = JSON.parse(json) as { presence: PresenceData[] };
      const taking = watchers.filter(({ name }) => !behind.has(name));
      if (taking.length === 0) return watchers;
      log.push(`${taking.map(({ name }) => name).join('+')} told ${presence.map(({ status }) => status).join()}`);
      return watchers.filter(({ name }) => behind.has(name));
    },
    onError: (error) => void errors.push(error),
  });
  const watch = (watcher: { name: string }, userIds: readonly UserId[]) =>
    board
      .watch(watcher, viewer, userIds)
      .then((states) => void log.push(`${watcher.name} answered ${states.map(({ status }) => status).join()}`));
  return { board, clock, reads, log, errors, behind, watch };
}

describe('the presence board', () => {
  test('[PRES5] an older state never arrives after a newer one, however reads overtake each other', async () => {
    const { board, clock, reads, log, watch } = setUp();
    const asked = watch({ name: 'w' }, [ben]);
    board.changed([ben]);
    await clock.advance(50);
    expect(reads).toHaveLength(2);
    // The later read is answered first.
    reads[1]?.answer([offline(ben)]);
    await settlePromises();
    reads[0]?.answer([online(ben)]);
    await asked;
    await clock.advance(1_000);
    expect(log.filter((line) => line.includes('online'))).toEqual([]);
  });

  test('[PRES5] a state that is just being answered is out before the difference to it', async () => {
    const { board, clock, reads, log, watch } = setUp();
    const asked = watch({ name: 'w' }, [ben]);
    board.changed([ben]);
    await clock.advance(50);
    reads[0]?.answer([online(ben)]);
    reads[1]?.answer([offline(ben)]);
    await asked;
    await clock.advance(1_000);
    expect(log).toEqual(['w answered online', 'w told offline']);
  });

  test('watchers who see the same share one frame, and what did not change is not told', async () => {
    const { board, clock, reads, log, watch } = setUp();
    const asked = [watch({ name: 'one' }, [ben]), watch({ name: 'two' }, [ben])];
    for (const read of reads) read.answer([online(ben)]);
    await Promise.all(asked);
    for (const now of [online(ben), offline(ben)]) {
      board.changed([ben]);
      await clock.advance(50);
      reads.at(-1)?.answer([now]);
      await clock.advance(50);
    }
    expect(log.slice(2)).toEqual(['one+two told offline']);
  });

  test('a read that fails is tried again a second later', async () => {
    const { board, clock, reads, log, errors, watch } = setUp();
    const asked = watch({ name: 'w' }, [ben]);
    reads[0]?.answer([online(ben)]);
    await asked;
    board.changed([ben]);
    await clock.advance(50);
    reads[1]?.fail();
    await clock.advance(999);
    expect([reads.length, errors.length]).toEqual([2, 1]);
    await clock.advance(1);
    reads[2]?.answer([offline(ben)]);
    await clock.advance(0);
    expect(log.at(-1)).toBe('w told offline');
  });

  test('[PRES5] who was too far behind to take a difference is given all states once he can', async () => {
    const { board, clock, reads, log, behind, watch } = setUp();
    const asked = [watch({ name: 'slow' }, [ben, ann]), watch({ name: 'quick' }, [ben])];
    for (const read of reads) read.answer([online(ben), online(ann)]);
    await Promise.all(asked);
    behind.add('slow');
    board.changed([ben]);
    await clock.advance(50);
    reads.at(-1)?.answer([offline(ben)]);
    await clock.advance(3_500);
    expect(log.slice(2)).toEqual(['quick told offline']);
    behind.delete('slow');
    await clock.advance(1_000);
    expect(log.slice(3)).toEqual(['slow told offline,online']);
    await clock.advance(10_000);
    expect(log).toHaveLength(4);
  });

  test('who has gone while his answer was read leaves nothing behind', async () => {
    const { board, clock, reads, watch } = setUp();
    const watcher = { name: 'w' };
    const asked = watch(watcher, [ben]);
    board.unwatch(watcher);
    reads[0]?.answer([{ ...online(ben), status: { ...PLAIN_STATUS, text: 'x', until: clock.now() + 500 } }]);
    await asked;
    board.changed([ben]);
    await clock.advance(5_000);
    expect(reads).toHaveLength(1);
    expect(board.watchedCount).toBe(0);
    // Who comes next gets what is true then, not what was read for somebody else.
    void watch({ name: 'next' }, [ben]);
    expect(reads).toHaveLength(2);
  });
});
