import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstFrom } from './find-day.ts';

test('the first message from a moment on is found, in few questions', async () => {
  const gaps = fc.array(fc.nat(100), { maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(gaps, fc.nat(20_000), async (list, wanted) => {
      let time = 0;
      const times = list.map((gap) => {
        time += gap;
        return time;
      });
      let questions = 0;
      const found = await firstFrom(wanted, times.length, async (seq) => {
        questions += 1;
        return times[seq - 1] ?? null;
      });
      const index = times.findIndex((at) => at >= wanted);
      expect(found).toBe(times.length === 0 ? null : index < 0 ? times.length : index + 1);
      expect(questions).toBeLessThanOrEqual(Math.ceil(Math.log2(times.length + 1)) + 1);
    }),
  );
});

test('what came before one joined and cannot be seen counts as older', async () => {
  const found = await firstFrom(0, 10, async (seq) => (seq <= 4 ? null : 1_000 + seq));
  expect(found).toBe(5);
});
