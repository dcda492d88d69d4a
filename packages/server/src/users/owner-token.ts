import { AppError } from '../lib/app-error.ts';
import { type Database, query, type Tx } from '../storage/postgres.ts';
import { hashToken, isToken, makeToken } from './tokens.ts';
import { hasOwner } from './user-store.ts';

const KEY = 'owner_tokens';
/** Nodes that start together each print a token, and each of them must work. */
const MAX_TOKENS = 8;

/** Makes a one-time token for the first owner, of which only the hash is kept; null when the server has an owner. */
export async function ensureOwnerToken(db: Database): Promise<string | null> {
  if (await hasOwner(db)) return null;
  const token = makeToken('owner');
  await query(
    db,
    `INSERT INTO server_state AS s (key, value) VALUES ($1, jsonb_build_array($2::text))
     ON CONFLICT (key) DO UPDATE SET value = (
       SELECT jsonb_agg(kept.hash ORDER BY kept.place) FROM (
         SELECT hash, place FROM jsonb_array_elements(excluded.value || s.value) WITH ORDINALITY AS all_of(hash, place)
          ORDER BY place LIMIT ${MAX_TOKENS}) AS kept)`,
    [KEY, hashToken(token).toString('hex')],
  );
  return token;
}

/** Uses the token up, and with it all others, inside the caller's transaction. Throws when it is not good, or an owner is there. */
export async function takeOwnerToken(tx: Tx, token: string): Promise<void> {
  const rows = await query<{ hashes: string[] }>(
    tx,
    'SELECT value AS hashes FROM server_state WHERE key = $1 FOR UPDATE',
    [KEY],
  );
  if (await hasOwner(tx)) throw new AppError('conflict', 'unable to claim the server; it has an owner');
  const isGood = isToken('owner', token) && rows[0]?.hashes.includes(hashToken(token).toString('hex')) === true;
  if (!isGood) throw new AppError('unauthenticated', 'unable to claim the server; the owner token is not valid');
  await query(tx, 'DELETE FROM server_state WHERE key = $1', [KEY]);
}
