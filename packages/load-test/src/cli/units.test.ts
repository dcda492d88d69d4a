import { expect, test } from 'vitest';
import { readCount, readRate, readShare, readTimeMs } from './units.ts';

test('times, shares, counts and rates are read as people write them', () => {
  expect(readTimeMs('20s', 's')).toBe(20_000);
  expect(readTimeMs('1.5m', 's')).toBe(90_000);
  expect(readTimeMs('50', 'ms')).toBe(50);
  expect(readTimeMs('50', 's')).toBe(50_000);
  expect(readShare('1%')).toBe(0.01);
  expect(readShare('0.5')).toBe(0.5);
  expect(readCount('100', 1)).toBe(100);
  expect(readRate('0.5')).toBe(0.5);
});

test.each(['soon', '-1s', '5 days', ''])('%j is no time', (text) => {
  expect(() => readTimeMs(text, 's')).toThrow();
});

test.each(['2', '101%', 'half'])('%j is no share', (text) => {
  expect(() => readShare(text)).toThrow();
});

test.each(['0', '1.5', 'ten'])('%j is no count from one up', (text) => {
  expect(() => readCount(text, 1)).toThrow();
});
