import type { UserId } from '@parley/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { DeviceTracker, GRACE_MS } from './device-tracker.ts';
import { combine, type DeviceState } from './presence.ts';

const ann = 'ann' as UserId;

function setUp() {
  const clock = new FakeClock();
  const changes: { userId: UserId; state: DeviceState | null; seenAtMs: number; atMs: number }[] = [];
  const startMs = clock.now();
  const tracker = new DeviceTracker(clock, (userId, state, seenAtMs) => {
    changes.push({ userId, state, seenAtMs: seenAtMs - startMs, atMs: clock.monotonic() });
  });
  return { clock, changes, tracker };
}

describe('the device tracker', () => {
  test('[PRES6] a socket that comes back within the grace changes nothing, and one that does not ends it', async () => {
    const { clock, changes, tracker } = setUp();
    const [first, second] = [{}, {}];
    tracker.add(first, ann);
    await clock.advance(10_000);
    tracker.remove(first);
    await clock.advance(GRACE_MS - 1);
    tracker.add(second, ann);
    await clock.advance(GRACE_MS * 3);
    expect(changes.map(({ state }) => state)).toEqual(['active']);
    tracker.remove(second);
    tracker.remove(second);
    await clock.advance(GRACE_MS);
    expect(changes.at(-1)).toEqual({ userId: ann, state: null, seenAtMs: 13_999, atMs: 14_999 });
    expect(tracker.userCount).toBe(0);
  });

  test('[PRES1] over any sequence of devices the state is that of those who are here, one grace late at most', async () => {
    const step = fc.record({
      user: fc.nat(2),
      device: fc.nat(3),
      do: fc.constantFrom('add' as const, 'remove' as const, 'idle' as const, 'active' as const),
      passMs: fc.nat(2_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { clock, changes, tracker } = setUp();
        const here = new Map<string, { device: object; state: DeviceState }>();
        for (const { user, device, do: what, passMs } of steps) {
          const key = `${user}/${device}`;
          const known = here.get(key);
          if (what === 'add' && known === undefined) {
            here.set(key, { device: {}, state: 'active' });
            tracker.add(here.get(key)?.device ?? {}, `user-${user}` as UserId);
          } else if (what === 'remove' && known !== undefined) {
            here.delete(key);
            tracker.remove(known.device);
          } else if (known !== undefined && (what === 'idle' || what === 'active')) {
            known.state = what;
            tracker.setIdle(known.device, what === 'idle');
          }
          await clock.advance(passMs);
        }
        await clock.advance(GRACE_MS);
        for (const user of [0, 1, 2]) {
          const states = [...here].filter(([key]) => key.startsWith(`${user}/`)).map(([, { state }]) => state);
          const userId = `user-${user}` as UserId;
          expect(tracker.stateOf(userId)).toBe(combine(states));
          const told = changes.filter((change) => change.userId === userId).map((change) => change.state);
          expect(told.at(-1) ?? null).toBe(combine(states));
          expect(told.some((state, index) => index > 0 && state === told[index - 1])).toBe(false);
        }
      }),
    );
  });
});
