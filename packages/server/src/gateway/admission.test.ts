import { describe, expect, test } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { ConnectLine, type Refusal } from './admission.ts';

const RATE = { limit: 10, windowMs: 1_000 };

function makeLine(rate = RATE, room: () => number = () => 1_000) {
  const time = new FakeClock();
  const line = new ConnectLine({ rate, clock: time, random: () => 0.5, room });
  const decided: (Refusal | null)[] = [];
  const come = (count: number, stream = { destroyed: false }) => {
    for (let index = 0; index < count; index++) line.enter(stream, (refusal) => decided.push(refusal));
    return stream;
  };
  const letIn = () => decided.filter((refusal) => refusal === null).length;
  return { line, time, decided, come, letIn };
}

describe('[DOOR7] more come at once than may', () => {
  test('the first come in, the others one after the other, in their order', async () => {
    const { line, time, decided, come, letIn } = makeLine();
    come(30);
    expect([letIn(), line.length]).toEqual([10, 20]);
    await time.advance(1_000);
    expect([letIn(), line.length]).toEqual([20, 10]);
    // Whoever comes now does not overtake.
    const order: string[] = [];
    line.enter({ destroyed: false }, () => order.push('late'));
    await time.advance(1_000);
    expect([letIn(), order]).toEqual([30, []]);
    await time.advance(200);
    expect(order).toEqual(['late']);
    expect(decided).not.toContainEqual(expect.anything());
    expect(time.timers).toBe(0);
  });

  test('who finds the line full is refused, with a time at which there is room', async () => {
    const { line, decided, come, time, letIn } = makeLine();
    come(10 + 40 + 3);
    expect(line.length).toBe(40);
    expect(decided.filter((refusal) => refusal !== null)).toEqual(
      Array.from({ length: 3 }, () => ({ status: 503, code: 'full', retryAfterMs: 6_000 })),
    );
    await time.advance(6_000);
    expect([letIn(), line.length]).toEqual([50, 0]);
    come(1);
    expect(letIn()).toBe(51);
  });

  test('who gives up takes no place', async () => {
    const { line, time, come, letIn } = makeLine();
    come(10);
    const gone = come(20);
    come(5);
    gone.destroyed = true;
    await time.advance(520);
    expect([letIn(), line.length]).toEqual([15, 0]);
  });

  test('a rate of less than one in the time of a line has none', () => {
    const { line, decided, come } = makeLine({ limit: 1, windowMs: 60_000 });
    come(2);
    expect(line.length).toBe(0);
    expect(decided).toEqual([null, { status: 503, code: 'full', retryAfterMs: 90_000 }]);
  });

  test('a node that goes away sends all of them to others', () => {
    const { line, time, decided, come } = makeLine();
    come(12);
    line.empty();
    expect(decided.slice(10)).toEqual(
      Array.from({ length: 2 }, () => ({ status: 503, code: 'draining', retryAfterMs: 1_000 })),
    );
    expect([line.length, time.timers]).toEqual([0, 0]);
  });

  test('while as many open as can be checked, the rest wait, and are refused before they give up by themselves', async () => {
    let answered = 0;
    const made = makeLine(RATE, () => 3 - (made.letIn() - answered));
    const { line, time, decided, come, letIn } = made;
    come(8);
    expect([letIn(), line.length]).toEqual([3, 5]);
    await time.advance(10_000);
    expect([letIn(), line.length]).toEqual([3, 5]);
    answered = 2;
    await time.advance(20);
    expect([letIn(), line.length]).toEqual([5, 3]);
    await time.advance(5_020);
    expect(line.length).toBe(0);
    expect(decided.slice(5)).toEqual(Array.from({ length: 3 }, () => expect.objectContaining({ code: 'full' })));
  });
});
