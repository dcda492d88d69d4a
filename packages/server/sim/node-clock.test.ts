import { expect, test } from 'vitest';
import { NodeClock } from './node-clock.ts';
import { Scheduler } from './scheduler.ts';

test('however little a timer waits, time has passed when it is over', async () => {
  const scheduler = new Scheduler();
  const clock = new NodeClock(scheduler);
  await scheduler.runFor(65_545.887_383_062_89);
  const before = clock.monotonic();
  let after = before;
  clock.setTimeout(() => {
    after = clock.monotonic();
  }, 7.275_957_614_183_426e-12);
  await scheduler.runFor(1);
  expect(after).toBeGreaterThan(before);
});
