import { createHash, randomBytes } from 'node:crypto';

/** A prefix tells people and secret scanners what they have found. */
const PREFIXES = { session: 'pst_', key: 'pak_', invitation: 'pin_', owner: 'pow_' } as const;

export type TokenKind = keyof typeof PREFIXES;

/** Bytes of chance: 256 bits for what opens an account, 128 for an invitation, which people pass on by hand. */
const RANDOM_BYTES: Readonly<Record<TokenKind, number>> = { session: 32, key: 32, owner: 32, invitation: 16 };

/** Makes an opaque token. It is shown once; only its hash is kept. */
export function makeToken(kind: TokenKind): string {
  return PREFIXES[kind] + randomBytes(RANDOM_BYTES[kind]).toString('base64url');
}

/** True for a text that has the shape of such a token; others are not worth a query. */
export function isToken(kind: TokenKind, text: string): boolean {
  const prefix = PREFIXES[kind];
  const length = prefix.length + Math.ceil((RANDOM_BYTES[kind] * 4) / 3);
  return text.length === length && text.startsWith(prefix) && /^[A-Za-z0-9_-]+$/.test(text);
}

/**
 * What is stored of a token. A plain SHA-256 is enough for full random bits, and looking a hash up by index tells an
 * attacker's clock nothing about the tokens that exist.
 */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
