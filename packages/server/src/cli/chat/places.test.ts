import { expect, test } from 'vitest';
import { Places } from './places.ts';

test('what was written without a connection goes below what came meanwhile, in its order', () => {
  const places = new Places();
  places.add('four', 4);
  places.add('mine', 0);
  places.add('mine too', 0);
  places.add('five', 5);
  places.add('six', 6);
  expect(places.settle('mine', 7)).toBe(null);
  expect(places.settle('mine too', 8)).toBe(null);
  expect(places.settle('unknown', 9)).toBe(undefined);
});

test('it goes before what came after it, and stays where nothing has overtaken it', () => {
  const places = new Places();
  places.add('mine', 0);
  places.add('one', 1);
  places.add('three', 3);
  expect(places.settle('mine', 2)).toBe('three');
  places.add('next', 0);
  expect(places.settle('next', 4)).toBe(undefined);
  places.add('last', 0);
  places.add('late', 6);
  expect(places.settle('last', 5)).toBe(undefined);
});
