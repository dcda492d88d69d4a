import { expect, test } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { RollingWindow } from './rolling-window.ts';

test('[MET1] the last minute is counted exactly, and forgotten after', async () => {
  const clock = new FakeClock();
  const window = new RollingWindow(clock);
  expect(window.figures()).toEqual({ messageRate: 0, errorRate: 0, latency: { p50: 0, p95: 0, p99: 0 } });
  for (let latency = 1; latency <= 100; latency++) window.committed(latency);
  for (let index = 0; index < 10; index++) window.answered(index === 0);
  await clock.advance(30_000);
  for (let index = 0; index < 500; index++) window.committed(7);
  expect(window.figures()).toMatchObject({ messageRate: 10, errorRate: 0.1, latency: { p50: 7 } });
  await clock.advance(45_000);
  expect(window.figures()).toEqual({ messageRate: 500 / 60, errorRate: 0, latency: { p50: 7, p95: 7, p99: 7 } });
  await clock.advance(60_000);
  expect(window.figures().messageRate).toBe(0);
});
