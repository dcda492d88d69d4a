import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { readableLine } from './logger.ts';

test('[LOG1] a person at a terminal reads time, level, what happened and the facts, and the stack of an error', () => {
  const record = {
    level: 50,
    time: Date.UTC(2026, 0, 2, 3, 4, 5),
    node: 'a1',
    route: '/v1',
    count: 2,
    msg: 'a fault',
    err: { stack: 'Error: x\n  at y' },
  };
  expect(stripVTControlCharacters(readableLine(JSON.stringify(record)))).toBe(
    '03:04:05 error a fault route=/v1 count=2\nError: x\n  at y\n',
  );
});
