import { expect, test, vi } from 'vitest';
import { once } from './once.ts';

test('is made when it is first asked for, and never again', () => {
  const make = vi.fn(() => ({}));
  const get = once(make);
  expect(make).not.toHaveBeenCalled();
  expect(get()).toBe(get());
  expect(make).toHaveBeenCalledOnce();
});

test('nothing is a value too', () => {
  const make = vi.fn(() => undefined);
  const get = once(make);
  get();
  get();
  expect(make).toHaveBeenCalledOnce();
});
