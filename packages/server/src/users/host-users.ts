import { randomBytes } from 'node:crypto';
import { isCleanText, LIMITS, lineSchema, makeUuid, type UserId } from '@parley/protocol';
import { record } from '../audit/audit.ts';
import type { Clock } from '../lib/clock.ts';
import { type Database, query } from '../storage/postgres.ts';
import type { Origin } from './actor.ts';
import type { HostClaims } from './host-jwt.ts';
import { findUserByExternalId, insertUser, type UserRow, updateUser } from './user-store.ts';

/** Tries for a free user name; each adds 32 bits of chance. */
const NAME_TRIES = 8;
const NAME_SUFFIX_BYTES = 4;

/** Gives the user of a host application's token: found by issuer and subject, or made on first sight. */
export async function hostUser(db: Database, clock: Clock, claims: HostClaims, origin: Origin): Promise<UserRow> {
  const displayName = cleanName(claims.name);
  const known = await findUserByExternalId(db, claims.externalId);
  if (known === null) return createHostUser(db, clock, claims, origin);
  // The host application is where such a user's name is changed.
  if (displayName === null || displayName === known.displayName) return known;
  return (await updateUser(db, known.id, { displayName })) ?? known;
}

async function createHostUser(db: Database, clock: Clock, claims: HostClaims, origin: Origin): Promise<UserRow> {
  const wanted = usernameFrom(claims.preferredUsername ?? claims.name);
  for (let attempt = 0; attempt < NAME_TRIES; attempt++) {
    const username =
      attempt === 0 ? wanted : `${wanted.slice(0, 23)}-${randomBytes(NAME_SUFFIX_BYTES).toString('hex')}`;
    const made = await insertUser(db, {
      id: makeUuid(clock.now()) as UserId,
      username,
      displayName: cleanName(claims.name) ?? username,
      kind: 'human',
      role: 'member',
      passwordHash: null,
      externalId: claims.externalId,
    });
    if (made !== null) {
      await record(db, { actorId: made.id, action: 'auth.host_user', target: made.id, address: origin.address });
      return made;
    }
    // Either the name is taken, or the same user was made at the same moment by another of its devices.
    const other = await findUserByExternalId(db, claims.externalId);
    if (other !== null) return other;
  }
  throw new Error('unable to make a user for the token; no free user name was found');
}

/** The nearest allowed user name: lower case, marks taken off letters, the rest as dashes. */
export function usernameFrom(text: string | null): string {
  const name = (text ?? '')
    .slice(0, 200)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .slice(0, LIMITS.usernameLength)
    .replace(/^[._-]+|[._-]+$/g, '');
  return name.length >= 2 ? name : `user-${randomBytes(NAME_SUFFIX_BYTES).toString('hex')}`;
}

/** The name as a label, or null where it cannot be one. */
function cleanName(name: string | null): string | null {
  if (name === null || !isCleanText(name)) return null;
  const parsed = lineSchema(LIMITS.nameCodePoints).safeParse(Array.from(name).slice(0, LIMITS.nameCodePoints).join(''));
  return parsed.success ? parsed.data : null;
}

/** Voids a host token before its own end. */
export async function revokeHostToken(db: Database, tokenId: string, expiresAtMs: number): Promise<void> {
  await query(db, 'INSERT INTO revoked_tokens (id, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    tokenId,
    new Date(expiresAtMs),
  ]);
}

/** Those of the tokens that were voided. */
export async function readRevokedTokens(db: Database, tokenIds: readonly string[]): Promise<string[]> {
  const rows = await query<{ id: string }>(db, 'SELECT id FROM revoked_tokens WHERE id = ANY($1::uuid[])', [tokenIds]);
  return rows.map((row) => row.id);
}
