import { createHmac, timingSafeEqual } from 'node:crypto';
import type { UserId } from '@parley/protocol';

const FORM = /^([0-9a-f-]{36})\.(\d{13})\.([A-Za-z0-9_-]{43})$/;

/** Signs that a user may ask for one file until a time; whether he may have it is decided when he asks. */
export function makeTicket(secret: string, attachmentId: string, userId: UserId, expiresAt: number): string {
  return `${userId}.${expiresAt}.${signatureOf(secret, attachmentId, userId, String(expiresAt)).toString('base64url')}`;
}

/** Who holds a ticket for this file; null when it is not ours, is for another file, or has expired. */
export function readTicket(secret: string, attachmentId: string, ticket: string, now: number): UserId | null {
  const [, userId, expiresAt, signature] = FORM.exec(ticket) ?? [];
  if (userId === undefined || expiresAt === undefined || signature === undefined) return null;
  const expected = signatureOf(secret, attachmentId, userId, expiresAt);
  const given = Buffer.from(signature, 'base64url');
  const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
  return isOurs && Number(expiresAt) > now ? (userId as UserId) : null;
}

function signatureOf(secret: string, attachmentId: string, userId: string, expiresAt: string): Buffer {
  return createHmac('sha256', secret).update(`attachment\n${attachmentId}\n${userId}\n${expiresAt}`).digest();
}
