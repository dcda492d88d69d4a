import { describe, expect, test } from 'vitest';
import { placeBeside } from './place.ts';

const SCREEN = { width: 400, height: 300 };
const SIZE = { width: 100, height: 80 };
const BELOW = { side: 'below', align: 'start' } as const;

describe('placeBeside', () => {
  test('goes where it is wished when there is room', () => {
    expect(placeBeside({ left: 50, top: 50, width: 20, height: 20 }, SIZE, SCREEN, BELOW)).toMatchObject({
      left: 50,
      top: 76,
    });
  });

  test('goes to the other side when only that has room', () => {
    expect(placeBeside({ left: 50, top: 250, width: 20, height: 20 }, SIZE, SCREEN, BELOW)).toMatchObject({ top: 164 });
  });

  test('stays on the screen', () => {
    expect(placeBeside({ left: 380, top: 50, width: 20, height: 20 }, SIZE, SCREEN, BELOW).left).toBe(292);
    expect(
      placeBeside({ left: 0, top: 50, width: 20, height: 20 }, SIZE, SCREEN, { side: 'below', align: 'end' }).left,
    ).toBe(8);
  });

  test('is cut to the larger side when neither has room', () => {
    const placed = placeBeside(
      { left: 0, top: 100, width: 20, height: 20 },
      { width: 100, height: 500 },
      SCREEN,
      BELOW,
    );
    expect(placed).toMatchObject({ top: 126, maxHeight: 166 });
  });
});
