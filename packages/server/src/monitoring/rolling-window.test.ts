import { expect, test } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { chatMetricsOf, latencyIndex } from './figures.ts';
import { RollingWindow } from './rolling-window.ts';

test('[MET1] the last minute is counted exactly, and forgotten after', async () => {
  const clock = new FakeClock();
  const window = new RollingWindow(clock);
  const figures = () => chatMetricsOf(window.figures());
  expect(figures()).toMatchObject({ messageRate: 0, errorRate: 0, latency: { p50: 0, p95: 0, p99: 0 } });
  for (let latency = 1; latency <= 100; latency++) window.committed([latencyIndex(latency)]);
  for (let index = 0; index < 10; index++) window.answered(index === 0);
  expect(figures().latency.p50).toBeCloseTo(50, 5);
  await clock.advance(30_000);
  window.committed(Array.from({ length: 500 }, () => latencyIndex(7)));
  expect(figures()).toMatchObject({ messageRate: 10, errorRate: 0.1 });
  await clock.advance(45_000);
  expect(figures()).toMatchObject({ messageRate: 500 / 60, errorRate: 0 });
  expect(figures().latency.p99).toBeGreaterThan(5);
  expect(figures().latency.p99).toBeLessThanOrEqual(7);
  await clock.advance(60_000);
  expect(figures().messageRate).toBe(0);
});
