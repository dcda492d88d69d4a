import { expect, test } from 'vitest';
import { Random } from './random.ts';

test('repeats its stream for a seed, and gives another one for each other seed', () => {
  const draw = (seed: bigint) =>
    Array.from(
      { length: 4 },
      (
        (random) => () =>
          random.word()
      )(new Random(seed)),
    ).join();
  expect(draw(7n)).toBe(draw(7n));
  expect(new Set(Array.from({ length: 20_000 }, (_, seed) => draw(BigInt(seed)))).size).toBe(20_000);
});

test('spreads evenly', () => {
  const random = new Random(1n);
  const counts = Array.from({ length: 16 }, () => 0);
  for (let draws = 0; draws < 160_000; draws++) {
    const bucket = random.below(16);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(600);
});

test('gives each part of a world a stream of its own', () => {
  const one = new Random(5n);
  one.word();
  expect(one.fork('network').word()).toBe(new Random(5n).fork('network').word());
  expect(one.fork('network').word()).not.toBe(one.fork('clients').word());
});
