import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fitRange, type PageRequest, pageRange } from './page.ts';

/** The same by walking a list of all places. */
function model(request: PageRequest, lastSeq: number): number[] {
  const all = Array.from({ length: lastSeq }, (_, index) => index + 1);
  const { limit, before, after, offset = 0 } = request;
  const kept = all.filter((seq) => (before === undefined || seq < before) && (after === undefined || seq > after));
  if (after !== undefined) return kept.slice(0, limit);
  const newestFirst = kept.reverse().slice(offset, offset + limit);
  return newestFirst.reverse();
}

const places = ({ from, to }: { from: number; to: number }) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);

test('[MSG1] a page is the same as counting along the whole channel', () => {
  const optional = fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined });
  fc.assert(
    fc.property(
      fc.record({ limit: fc.integer({ min: 1, max: 20 }), before: optional, after: optional }),
      fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
      fc.integer({ min: 0, max: 50 }),
      (request, offset, lastSeq) => {
        const full = { ...request, offset: request.after === undefined ? offset : undefined };
        expect(places(pageRange(full, lastSeq))).toEqual(model(full, lastSeq));
      },
    ),
  );
});

test('[MSG1] a page around a place is full wherever the channel has enough messages', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 0, max: 50 }),
      (around, limit, lastSeq) => {
        const page = places(pageRange({ limit, around }, lastSeq));
        expect(page).toHaveLength(Math.min(limit, lastSeq));
        if (around <= lastSeq) expect(page).toContain(around);
      },
    ),
  );
  expect(pageRange({ limit: 4, around: 10 }, 100)).toEqual({ from: 8, to: 11 });
});

test('two ways of asking at once are refused', () => {
  expect(() => pageRange({ limit: 1, around: 1, before: 2 }, 9)).toThrow('two ways');
  expect(() => pageRange({ limit: 1, after: 1, offset: 2 }, 9)).toThrow('two ways');
});

test('[MSG8] a page that does not fit keeps what was asked for, and as much beside it as does', () => {
  const sizes = Array.from({ length: 10 }, () => 100);
  const fit = (request: Omit<PageRequest, 'limit'>, maxBytes: number) =>
    fitRange({ limit: 10, ...request }, { from: 11, to: 20 }, sizes, maxBytes);
  expect(fit({}, 1_000)).toEqual({ from: 11, to: 20 });
  expect(fit({}, 350)).toEqual({ from: 18, to: 20 });
  expect(fit({ before: 21 }, 350)).toEqual({ from: 18, to: 20 });
  expect(fit({ after: 10 }, 350)).toEqual({ from: 11, to: 13 });
  expect(fit({ around: 15 }, 350)).toEqual({ from: 14, to: 16 });
  expect(fit({ around: 20 }, 350)).toEqual({ from: 18, to: 20 });
  expect(fit({ around: 99 }, 10)).toEqual({ from: 20, to: 20 });
  expect(fit({}, 10)).toEqual({ from: 20, to: 20 });
  expect(fit({ offset: 3 }, 10)).toEqual({ from: 11, to: 20 });
  expect(fitRange({ limit: 10 }, { from: 1, to: 0 }, [], 10)).toEqual({ from: 1, to: 0 });
});
