import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo } from './fifo.ts';

describe('Fifo', () => {
  it('behaves like an array', () => {
    const step = fc.oneof(
      fc.record({ op: fc.constant('add' as const), count: fc.nat(3000) }),
      fc.record({ op: fc.constant('take' as const), count: fc.nat(3000) }),
      fc.record({ op: fc.constant('takeLast' as const), count: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const fifo = new Fifo<{ n: number }>();
        let model: number[] = [];
        let next = 0;
        for (const { op, count } of steps) {
          if (op === 'add') {
            for (let i = 0; i < count; i++) {
              fifo.add({ n: next });
              model.push(next++);
            }
          } else if (op === 'take') {
            const taken: number[] = [];
            fifo.take(count, ({ n }) => taken.push(n));
            expect(taken).toEqual(model.splice(0, count));
          } else {
            const taken = fifo.takeLast(count).map(({ n }) => n);
            expect(taken).toEqual(count === 0 ? [] : model.slice(-count));
            model = model.slice(0, model.length - taken.length);
          }
          expect(fifo.size).toBe(model.length);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('may be added to while it is taken from', () => {
    const fifo = new Fifo<{ n: number }>();
    fifo.add({ n: 1 });
    fifo.take(5, () => fifo.add({ n: 2 }));
    expect(fifo.size).toBe(1);
  });
});
