import { expect, test } from 'vitest';
import { hashToken, isToken, makeToken, type TokenKind } from './tokens.ts';

const KINDS: TokenKind[] = ['session', 'key', 'invitation', 'owner'];

test.each(KINDS)('a %s token has a prefix, chance, and is taken for no other kind', (kind) => {
  const token = makeToken(kind);
  expect(token).toMatch(/^p(st|ak|in|ow)_[A-Za-z0-9_-]{22,43}$/);
  expect(Buffer.from(token.slice(4), 'base64url').length).toBe(kind === 'invitation' ? 16 : 32);
  expect(KINDS.filter((other) => isToken(other, token))).toEqual([kind]);
  expect(new Set(Array.from({ length: 100 }, () => makeToken(kind))).size).toBe(100);
});

test.each([
  '',
  'pst_',
  ' ',
  `pst_${'a'.repeat(42)}`,
  `pst_${'a'.repeat(44)}`,
  `pst_${'é'.repeat(43)}`,
  `PST_${'a'.repeat(43)}`,
])('"%s" is no session token', (text) => expect(isToken('session', text)).toBe(false));

test('hashes are SHA-256', () => {
  expect(hashToken('abc').toString('hex')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
