import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findCalls, MAX_MENTIONS } from './mention-text.ts';

const names = (body: string) => findCalls(body).names.map((readings) => readings[0]);

test.each([
  ['hello @ann', ['ann']],
  ['@ann, @bob: look', ['ann', 'bob']],
  ['(@ann) **@bob** _@carl_ "@dora"', ['ann', 'bob', 'carl', 'dora']],
  ['@Ann and @ANN', ['ann']],
  ['@ann.', ['ann']],
  ["@ann’s and @bob's", ['ann', 'bob']],
  ['你好@ann你好', ['ann']],
  ['see @ann/@bob', ['ann', 'bob']],
  ['.@ann -@bob', ['ann', 'bob']],
  ['> quoted @ann', ['ann']],
  ['- one @ann\n    - two @bob', ['ann', 'bob']],
])('[MSG4] %j calls %j', (body, expected) => {
  expect(names(body)).toEqual(expected);
});

test.each([
  'nobody here',
  '@',
  '@ ann',
  '@a',
  'ann@example.org',
  'write to ann.lee+chat@example.org please',
  '<ann@example.org>',
  'émile@example.org',
  '@ann@social.example',
  'https://social.example/@ann',
  'social.example/@ann',
  'https://example.org/?to=@ann',
  '\\@ann',
  '@@ann',
  '`@ann`',
  '``a ` @ann``',
  '```\n@ann\n```',
  '```js\n@ann',
  '~~~~\n```\n@ann\n```\n~~~~',
  '> ```\n> @ann\n> ```',
  '- item\n  ```\n  @ann\n  ```',
  'text\n\n    @ann',
  '@annéx',
  `@${'a'.repeat(40)}`,
  `@ann${'.'.repeat(100)}`,
])('[MSG4] %j calls nobody', (body) => {
  expect(findCalls(body)).toEqual({ names: [], everyone: null });
});

test('[MSG4] code ends where it ends', () => {
  expect(names('`x` @ann `@bob` @carl')).toEqual(['ann', 'carl']);
  expect(names('```\n@ann\n```\n@bob')).toEqual(['bob']);
  expect(names('a ` lonely tick @ann')).toEqual(['ann']);
  expect(names('a ` tick\n\nand @ann ` another')).toEqual(['ann']);
  expect(names('text\n    @ann')).toEqual(['ann']);
});

test('[MSG4] a name can end before its punctuation', () => {
  expect(findCalls('@ann.lee-x.thanks!').names).toEqual([['ann.lee-x.thanks', 'ann.lee-x', 'ann.lee', 'ann']]);
  expect(findCalls('@ann...').names).toEqual([['ann']]);
});

test('[MSG4] everyone is called by @channel, or by @here', () => {
  expect(findCalls('@here look')).toEqual({ names: [], everyone: 'here' });
  expect(findCalls('@here and @channel, @ann')).toEqual({ names: [['ann']], everyone: 'channel' });
  expect(findCalls('@channel and @here').everyone).toBe('channel');
  expect(findCalls('`@channel` me@here.example')).toEqual({ names: [], everyone: null });
  expect(findCalls('@channel-ops').everyone).toBe(null);
});

test('a text is searched for a bounded number of names', () => {
  const body = Array.from({ length: 300 }, (_, index) => `@user${index}`).join(' ');
  expect(findCalls(body).names).toHaveLength(MAX_MENTIONS);
});

test('nothing that can be written makes the search slow or throw', () => {
  const part = fc.constantFrom(
    '@',
    '`',
    '``',
    '\n',
    '\n\n',
    '    ',
    '```\n',
    '~~~',
    '> ',
    '- ',
    'ann',
    '.',
    '-',
    '://',
    '/',
    '\\',
    'é',
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
      const calls = findCalls(parts.join(''));
      expect(calls.names.flat().every((name) => /^[a-z0-9._-]{2,32}$/.test(name))).toBe(true);
    }),
  );
  const hostile = ['`', '@a', '@a`', '(@a', '@a.', '@a-.', ' `` `', '.@', '> ', '@ann@', '://@a', '\n\n    @a', 'a.'];
  // What is quadratic in 160,000 letters runs into the test's own time limit; linear work takes milliseconds.
  for (const text of hostile) findCalls(text.repeat(160_000 / text.length));
});
