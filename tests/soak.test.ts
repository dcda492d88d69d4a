import { expect, test } from 'vitest';
import { reportOf, runSoak, type Sample } from '../proof/soak/soak.ts';

test('people come, talk and go, and nothing of them stays', async () => {
  const samples: Sample[] = [];
  // One shift of two seconds: the long run is `npm run soak`.
  const report = await runSoak({
    hours: 1 / 1_000_000,
    shiftMs: 2_000,
    devices: 6,
    file: null,
    onSample: (sample) => samples.push(sample),
  });
  expect(report).toMatchObject({ violations: 0, troubles: [] });
  expect(samples[0]?.acknowledged).toBeGreaterThan(0);
  expect(samples[0]?.descriptors).toBeGreaterThan(0);
});

test('what grows is told', () => {
  const sample = (index: number, more: Partial<Sample>): Sample => ({
    life: '1',
    hours: index / 10,
    memoryBytes: 100_000_000,
    heapBytes: 0,
    descriptors: 30,
    timers: 5,
    loopDelayP99Ms: 1,
    acknowledged: 10,
    violations: 0,
    story: '',
    ...more,
  });
  const run = (more: (index: number) => Partial<Sample>) =>
    reportOf(
      Array.from({ length: 20 }, (_, index) => sample(index, more(index))),
      true,
    ).troubles;
  expect(run(() => ({}))).toEqual([]);
  expect(run((index) => ({ memoryBytes: 100_000_000 + index * 1_000_000 }))).toEqual([
    expect.stringMatching(/^memory at rest grows by 9\d{3} KiB/),
  ]);
  expect(run((index) => ({ descriptors: 30 + index }))).toEqual([expect.stringContaining('descriptors at rest grew')]);
  expect(run((index) => ({ timers: 5 + index }))).toEqual([expect.stringContaining('timers at rest grew')]);
  expect(reportOf([sample(0, {})], false).troubles).toEqual(['the server ended by itself']);
});
