import { expect, test } from 'vitest';
import { batched } from './batched.ts';

function fixture(maxKeys: number, maxRunning: number) {
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
  });
  return { loads, get };
}

test('the first key goes at once; what comes meanwhile goes together, once per key', async () => {
  const { loads, get } = fixture(10, 1);
  const answers = Promise.all(['a', 'b', 'c', 'b', 'none'].map(get));
  expect(loads.map((load) => load.keys)).toEqual([['a']]);
  loads[0]?.finish();
  await expect.poll(() => loads.length).toBe(2);
  expect(loads[1]?.keys).toEqual(['b', 'c', 'none']);
  loads[1]?.finish();
  expect(await answers).toEqual(['value of a', 'value of b', 'value of c', 'value of b', undefined]);
});

test('batches and loads at a time are bounded', async () => {
  const { loads, get } = fixture(3, 2);
  const answers = Promise.all(Array.from({ length: 12 }, (_, index) => get(`k${index}`)));
  expect(loads.length).toBe(2);
  for (let next = 0; next < 6; next++) {
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
  const second = get('b');
  loads[0]?.finish(new Error('away'));
  await expect(first).rejects.toThrow('away');
  loads[1]?.finish();
  expect(await second).toBe('value of b');
});
