import { expect, test } from 'vitest';
import { FakeClock, settlePromises } from '../testing/fake-clock.ts';
import { batched } from './batched.ts';

function fixture(maxKeys: number, maxRunning: number, spacingMs = 0) {
  const clock = new FakeClock();
  const loads: { keys: readonly string[]; finish(error?: Error): void }[] = [];
  const get = batched<string, string>({
    load: (keys) =>
      new Promise((resolve, reject) => {
        const values = new Map(keys.filter((key) => key !== 'none').map((key) => [key, `value of ${key}`]));
        loads.push({ keys, finish: (error) => (error === undefined ? resolve(values) : reject(error)) });
      }),
    nameOf: (key) => key,
    maxKeys,
    maxRunning,
    spacingMs,
    clock,
  });
  return { loads, get, clock };
}

test('what is asked in one moment goes at once, and what comes meanwhile goes together, once per key', async () => {
  const { loads, get } = fixture(10, 1);
  const first = Promise.all(['a', 'd', 'a'].map(get));
  await settlePromises();
  expect(loads.map((load) => load.keys)).toEqual([['a', 'd']]);
  const answers = Promise.all(['a', 'b', 'c', 'b', 'none'].map(get));
  await settlePromises();
  expect(loads.length).toBe(1);
  loads[0]?.finish();
  expect(await first).toEqual(['value of a', 'value of d', 'value of a']);
  await expect.poll(() => loads.length).toBe(2);
  expect(loads[1]?.keys).toEqual(['a', 'b', 'c', 'none']);
  loads[1]?.finish();
  expect(await answers).toEqual(['value of a', 'value of b', 'value of c', 'value of b', undefined]);
});

test('batches and loads at a time are bounded', async () => {
  const { loads, get } = fixture(3, 2);
  const answers = Promise.all(Array.from({ length: 12 }, (_, index) => get(`k${index}`)));
  await settlePromises();
  expect(loads.length).toBe(2);
  for (let next = 0; next < 4; next++) {
    await expect.poll(() => loads.length).toBeGreaterThan(next);
    expect(loads.length).toBeLessThanOrEqual(next + 2);
    loads[next]?.finish();
  }
  expect(await answers).toHaveLength(12);
  expect(Math.max(...loads.map((load) => load.keys.length))).toBe(3);
});

test('a failed load fails its own keys and no others', async () => {
  const { loads, get } = fixture(10, 1);
  const first = get('a');
  await settlePromises();
  const second = get('b');
  loads[0]?.finish(new Error('away'));
  await expect(first).rejects.toThrow('away');
  loads[1]?.finish();
  expect(await second).toBe('value of b');
});

test('loads keep their distance: what comes within it goes together, and after a quiet time the first goes at once', async () => {
  const { loads, get, clock } = fixture(10, 5, 10);
  const keys = () => loads.map((load) => load.keys);
  const answers = [get('a')];
  await settlePromises();
  loads[0]?.finish();
  await clock.advance(4);
  answers.push(get('b'));
  await clock.advance(5);
  answers.push(get('c'));
  expect(keys()).toEqual([['a']]);
  await clock.advance(1);
  expect(keys()).toEqual([['a'], ['b', 'c']]);
  loads[1]?.finish();
  await clock.advance(10);
  answers.push(get('d'));
  await settlePromises();
  expect(keys()).toEqual([['a'], ['b', 'c'], ['d']]);
  loads[2]?.finish();
  expect(await Promise.all(answers)).toEqual(['a', 'b', 'c', 'd'].map((key) => `value of ${key}`));
});
