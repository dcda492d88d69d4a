import { expect, test } from 'vitest';
import type { Session } from '../session/session.ts';
import { Newcomers } from './newcomers.ts';

const MOST = new Newcomers().room(0);
/** Only who it is counts here. */
const someone = () => ({}) as Session;

test('there is room for a bounded number, and again for each who is up to date or has ended', () => {
  const newcomers = new Newcomers();
  const [first, second] = [someone(), someone()];
  newcomers.come(first, 1);
  newcomers.come(second, 1);
  expect(newcomers.room(1)).toBe(MOST - 2);
  newcomers.go(first);
  newcomers.go(first);
  newcomers.go(someone());
  expect(newcomers.room(1)).toBe(MOST - 1);
  newcomers.go(second);
  expect(newcomers.room(1)).toBe(MOST);
});

test('more than are let in at once leave no room', () => {
  const newcomers = new Newcomers();
  for (let count = 0; count < MOST + 3; count++) newcomers.come(someone(), 1);
  expect(newcomers.room(1)).toBe(0);
});

test('who takes for ever stops counting, and those after him go on to', () => {
  const newcomers = new Newcomers();
  newcomers.come(someone(), 1);
  newcomers.come(someone(), 9);
  expect(newcomers.room(11)).toBe(MOST - 2);
  expect(newcomers.room(12)).toBe(MOST - 1);
  expect(newcomers.room(20)).toBe(MOST);
});
