import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { type Database, query } from '../../storage/postgres.ts';

/** Something that this installation has said, and how to check that it did. */
export interface Signed<Value> {
  readonly verdict: Value;
  /** Ed25519 over the UTF-8 of `JSON.stringify(verdict)`; base64. */
  readonly signature: string;
  /** SPKI, base64. */
  readonly publicKey: string;
}

const KEY = 'verdict_key';

/** Signs with the key of this installation, which is made when it is first needed and kept in its database. */
export async function signVerdict<Value>(db: Database, verdict: Value): Promise<Signed<Value>> {
  const key = await installationKey(db);
  return {
    verdict,
    signature: sign(null, Buffer.from(JSON.stringify(verdict)), key).toString('base64'),
    publicKey: publicKeyOf(key),
  };
}

/** Whether what is signed was signed by this key and not changed since. */
export function isSignedBy(publicKey: string, { verdict, signature }: Signed<unknown>): boolean {
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
    return verify(null, Buffer.from(JSON.stringify(verdict)), key, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}

/** The public key of this installation; null while it has never signed anything. */
export async function installationPublicKey(db: Database): Promise<string | null> {
  const pem = await readKey(db);
  return pem === null ? null : publicKeyOf(createPrivateKey(pem));
}

async function installationKey(db: Database): Promise<KeyObject> {
  const fresh = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  // Of two who sign for the first time at once, both use the key of the first.
  await query(db, 'INSERT INTO server_state (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING', [
    KEY,
    JSON.stringify(fresh),
  ]);
  return createPrivateKey((await readKey(db)) ?? '');
}

async function readKey(db: Database): Promise<string | null> {
  const rows = await query<{ value: string }>(db, 'SELECT value FROM server_state WHERE key = $1', [KEY]);
  return rows[0]?.value ?? null;
}

function publicKeyOf(key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');
}
