import type { UserId } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Floor, floorOf, stepFloor } from './floors.ts';

const USERS = ['ann', 'ben', 'cat', 'dan'] as UserId[];
const NOTHING: Floor = { all: 0, holder: null, rest: 0 };

/** True when all others have got to message `seq` of `sender`. */
function isReached(cursors: ReadonlyMap<UserId, number>, seq: number, sender: UserId): boolean {
  return [...cursors].every(([userId, cursor]) => userId === sender || cursor >= seq);
}

test('[DEL3] floors settle exactly the messages that all others have got to, whatever the steps', () => {
  const cursorChange = fc.record({ user: fc.nat(3), seq: fc.nat(30), hides: fc.integer({ min: 0, max: 9 }) });
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 4 }),
      fc.array(fc.nat(4), { minLength: 30, maxLength: 30 }),
      fc.array(cursorChange, { maxLength: 40 }),
      fc.integer({ min: 1, max: 40 }),
      (memberCount, senders, changes, maxSpan) => {
        const members = USERS.slice(0, memberCount);
        const cursors = new Map(members.map((userId) => [userId, 0]));
        const senderOf = (seq: number) => USERS[senders[seq - 1] ?? 0] ?? ('left' as UserId);
        const settled = new Set<number>();
        const reached = new Set<number>();
        let floor = NOTHING;
        for (const change of changes) {
          const userId = members[change.user % memberCount] as UserId;
          // One in ten changes hides the cursor, which others then see at zero.
          cursors.set(userId, change.hides === 0 ? 0 : Math.max(cursors.get(userId) ?? 0, change.seq));
          const target = floorOf([...cursors].map(([id, seq]) => ({ userId: id, seq })));
          for (let isDone = false; !isDone; ) {
            const step = stepFloor(floor, target, maxSpan);
            for (const range of step.ranges) {
              expect(range.to - range.from).toBeLessThanOrEqual(maxSpan);
              for (let seq = range.from + 1; seq <= range.to; seq++) {
                if (range.senderId === null || range.senderId === senderOf(seq)) settled.add(seq);
              }
            }
            floor = step.floor;
            isDone = step.isDone;
          }
          for (let seq = 1; seq <= 30; seq++) if (isReached(cursors, seq, senderOf(seq))) reached.add(seq);
          expect(settled).toEqual(reached);
        }
      },
    ),
  );
});

test('each message is looked at a bounded number of times while cursors only rise', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ user: fc.nat(3), by: fc.integer({ min: 1, max: 50 }) })), (rises) => {
      const cursors = new Map(USERS.map((userId) => [userId, 0]));
      let floor = NOTHING;
      let looked = 0;
      for (const rise of rises) {
        const userId = USERS[rise.user] as UserId;
        cursors.set(userId, (cursors.get(userId) ?? 0) + rise.by);
        const step = stepFloor(floor, floorOf([...cursors].map(([id, seq]) => ({ userId: id, seq }))), 1_000_000);
        for (const range of step.ranges) looked += range.to - range.from;
        floor = step.floor;
      }
      expect(looked).toBeLessThanOrEqual(2 * Math.max(...cursors.values()));
    }),
  );
});

test('a channel without members, or with one, waits for nobody', () => {
  expect(floorOf([])).toEqual(NOTHING);
  expect(floorOf([{ userId: USERS[0] as UserId, seq: 7 }])).toEqual({ all: 7, holder: null, rest: 7 });
});
