import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AppError } from './app-error.ts';
import { parseJson, parseJsonBytes } from './strict-json.ts';

const LIMITS = { maxDepth: 8, maxKeys: 64 };
const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const wide = (keys: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: keys }, (_, key) => [`k${key}`, 0])));

test('gives what the engine gives, for all that is within the limits', () => {
  const key = fc
    .string({ unit: 'grapheme' })
    .filter((text) => !['__proto__', 'constructor', 'prototype'].includes(text));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      fc.string({ unit: 'binary' }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
    ),
  }));
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 1, '\t'), (anything, space) => {
      const text = JSON.stringify(anything, null, space);
      expect(parseJson(text, { maxDepth: 20, maxKeys: 64 })).toEqual(JSON.parse(text));
      expect(parseJsonBytes(Buffer.from(text), { maxDepth: 20, maxKeys: 64 })).toEqual(JSON.parse(text));
    }),
    { numRuns: 500 },
  );
});

test.each([
  deep(8),
  wide(64),
  '{"a":{"a":{"a":1}}}',
  '[{"a":1},{"a":1}]',
  '{"a":"{\\"a\\":1,\\"a\\":2}"}',
  '"__proto__"',
  '{"x":"__proto__"}',
])('takes %.60s', (text) => {
  expect(parseJson(text, LIMITS)).toEqual(JSON.parse(text));
});

describe('refuses as bad_request', () => {
  test.each([
    ['nothing', ''],
    ['half', '{"a":'],
    ['a trailing comma', '{"a":1,}'],
    ['a comment', '{"a":1}//'],
    ['single quotes', "{'a':1}"],
    ['NaN', 'NaN'],
    ['two values', '{}{}'],
    ['a raw control character', '"\u0000"'],
    ['a byte order mark', '\ufeff{}'],
    ['nesting above the limit', deep(9)],
    ['100,000 deep', deep(100_000)],
    ['100,000 deep in objects', `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`],
    ['too many keys', wide(65)],
    ['10,000 keys', wide(10_000)],
    ['a key twice', '{"a":1,"a":2}'],
    ['a key twice, spelt by escapes', '{"a":1,"\\u0061":2}'],
    ['a key twice, deep inside', '[{"x":[{"b":1,"c":{"d":1},"b":2}]}]'],
    ['a key twice after a list', '{"a":[1,2,{"q":1}],"b":[],"a":2}'],
    ['__proto__', '{"__proto__":{"admin":true}}'],
    ['__proto__ by escapes', '{"\\u005f_proto__":{}}'],
    ['constructor', '{"constructor":{"prototype":{}}}'],
    ['prototype, deep inside', '{"a":[{"prototype":1}]}'],
  ])('%s', (_name, text) => {
    expect(() => parseJson(text, LIMITS)).toThrow(expect.objectContaining({ code: 'bad_request' }) as AppError);
    expect(() => parseJsonBytes(Buffer.from(text), LIMITS)).toThrow(AppError);
  });

  test.each([
    ['UTF-16', Buffer.from('{"a":1}', 'utf16le')],
    ['Latin-1', Buffer.from('"ä"', 'latin1')],
    ['an overlong NUL', Buffer.from([0x22, 0xc0, 0x80, 0x22])],
    ['a lone surrogate in bytes', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22])],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0])],
    ['a byte order mark', Buffer.from([0xef, 0xbb, 0xbf, 0x7b, 0x7d])],
  ])('%s', (_name, bytes) => {
    expect(() => parseJsonBytes(bytes, LIMITS)).toThrow(expect.objectContaining({ code: 'bad_request' }) as AppError);
  });
});

test('never throws anything but AppError, whatever the text', () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    'a',
    '1',
    '"a"',
    '"a":1',
    '\\u0061',
    ' ',
    'null',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      const text = pieces.join('');
      try {
        expect(parseJson(text, LIMITS)).toEqual(JSON.parse(text));
      } catch (error) {
        expect(error).toBeInstanceOf(AppError);
      }
    }),
    { numRuns: 3_000 },
  );
});
