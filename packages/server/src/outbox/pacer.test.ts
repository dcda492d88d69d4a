import { describe, expect, it } from 'vitest';
import { FakeLoop } from '../../test/fake-loop.ts';
import { flushWindowMs, Pacer } from './pacer.ts';

describe('flushWindowMs', () => {
  it('is nothing on an idle loop and the most on a full one, as long as writes are small', () => {
    expect(flushWindowMs(0, 0, 5)).toBe(0);
    expect(flushWindowMs(0.5, 0, 5)).toBe(0);
    expect(flushWindowMs(0.7, 0, 5)).toBeCloseTo(2.5);
    expect(flushWindowMs(0.9, 0, 5)).toBe(5);
    expect(flushWindowMs(1, 0, 5)).toBe(5);
  });

  it('shrinks as writes fill, and is nothing when they fill a packet', () => {
    expect(flushWindowMs(1, 724, 5)).toBeCloseTo(2.5);
    expect(flushWindowMs(1, 1448, 5)).toBe(0);
    expect(flushWindowMs(1, 50_000, 5)).toBe(0);
  });
});

describe('Pacer', () => {
  it('runs one turn however often it is asked', () => {
    const loop = new FakeLoop();
    let turns = 0;
    const pacer = new Pacer(loop, 5, () => turns++);
    pacer.request(false);
    pacer.request(true);
    loop.advance(0);
    expect(turns).toBe(1);
    pacer.request(false);
    loop.advance(0);
    expect(turns).toBe(2);
  });

  it('does not wait when the writes of the last cycle were full', () => {
    const loop = new FakeLoop();
    loop.busy = 1;
    const pacer = new Pacer(loop, 5, () => {});
    pacer.startCycle();
    pacer.endCycle(4000);
    pacer.request(false);
    expect(loop.due).toBe(1);
    expect(loop.timers).toEqual([]);
  });

  it('keeps the window from the start of the last cycle when the loop is busy', () => {
    const loop = new FakeLoop();
    loop.busy = 1;
    const pacer = new Pacer(loop, 5, () => pacer.startCycle());
    pacer.request(false);
    expect(loop.due).toBe(1);
    loop.advance(0);
    loop.advance(2);
    pacer.request(false);
    expect(loop.due).toBe(0);
    expect(loop.timers).toEqual([5]);
    loop.advance(3);
    // A cycle that took longer than the window is followed at once.
    loop.advance(7);
    pacer.request(false);
    expect(loop.due).toBe(1);
  });

  it('lets the loop read on while more keeps coming, up to half a millisecond', () => {
    const loop = new FakeLoop();
    let turns = 0;
    const pacer = new Pacer(loop, 5, () => turns++);
    pacer.request(false);
    loop.turn();
    pacer.request(false);
    loop.turn();
    expect(turns).toBe(0);
    loop.turn();
    expect(turns).toBe(1);

    loop.advance(10);
    pacer.request(false);
    for (let i = 0; i < 3; i++) {
      pacer.request(false);
      loop.turn();
      expect(turns).toBe(1);
      loop.timeMs += 0.2;
    }
    pacer.request(false);
    loop.turn();
    expect(turns).toBe(2);
  });

  it('does not wait in the middle of a cycle', () => {
    const loop = new FakeLoop();
    loop.busy = 1;
    const pacer = new Pacer(loop, 5, () => pacer.startCycle());
    pacer.startCycle();
    pacer.request(true);
    expect(loop.due).toBe(1);
  });
});
