import fc from 'fast-check';
import { expect, test } from 'vitest';
import { suggestUsername, USERNAME_PATTERN } from './username.ts';

test('suggests a user name by a name', () => {
  expect(suggestUsername('Ada Lovelace')).toBe('ada.lovelace');
  expect(suggestUsername('  Jörg Groß ')).toBe('jorg.gross');
  expect(suggestUsername('李雷')).toBe('');
});

test('what is suggested is allowed', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      const suggested = suggestUsername(name);
      if (suggested.length >= 2) expect(suggested).toMatch(new RegExp(`^${USERNAME_PATTERN}$`));
    }),
  );
});
