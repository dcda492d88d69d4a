import { createHash, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import {
  createRemoteJWKSet,
  customFetch,
  decodeProtectedHeader,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
  type ProtectedHeaderParameters,
} from 'jose';
import { AppError } from '../lib/app-error.ts';
import { StartError } from '../lib/start-error.ts';

/** Algorithms by what the key is; a key of one kind is never used for another, whatever a token says. */
const SECRET_ALGORITHMS: readonly string[] = ['HS256', 'HS384', 'HS512'];
const PUBLIC_ALGORITHMS: readonly string[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'EdDSA',
];
/** HMAC keys shorter than the hash can be guessed from one token. */
const MIN_SECRET_BYTES = 32;
/** Clocks of two machines may differ by this much. */
const CLOCK_TOLERANCE_S = 5;
const MAX_TOKEN_LENGTH = 4_096;
const COMPACT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/** Header fields by which a token would choose its own key or rules. */
const FORBIDDEN_HEADERS = ['crit', 'jku', 'jwk', 'x5u', 'x5c', 'zip', 'b64', 'cty'] as const;

export interface HostJwtSettings {
  readonly secret?: string | undefined;
  readonly publicKey?: string | undefined;
  readonly jwksUrl?: string | undefined;
  /** Empty: what fits the key. */
  readonly algorithms: readonly string[];
  readonly audience: string;
  readonly issuer?: string | undefined;
}

/** What a host application says of its user. */
export interface HostClaims {
  /** Names the user for ever: issuer and subject. */
  readonly externalId: string;
  readonly name: string | null;
  readonly preferredUsername: string | null;
  readonly expiresAt: number;
  /** Made from the token itself: a UUID by which it can be revoked before its time. */
  readonly tokenId: string;
}

/** Checks tokens of a host application; null when no key is set. Throws a `StartError` for settings that cannot be right. */
export function createHostJwt(settings: HostJwtSettings): HostJwt | null {
  const kinds = [settings.secret, settings.publicKey, settings.jwksUrl].filter((value) => value !== undefined);
  if (kinds.length === 0) return null;
  if (kinds.length > 1) {
    throw badSettings('of PARLEY_JWT_SECRET, PARLEY_JWT_PUBLIC_KEY and PARLEY_JWT_JWKS_URL only one can be set');
  }
  if (settings.secret !== undefined) return new HostJwt(settings, secretKey(settings.secret), ['HS256']);
  if (settings.publicKey !== undefined) {
    const key = publicKey(settings.publicKey);
    return new HostJwt(settings, key, defaultAlgorithms(key));
  }
  const keys = createRemoteJWKSet(new URL(settings.jwksUrl ?? ''), {
    timeoutDuration: 5_000,
    // A flood of made-up key ids asks the host for its keys at most this often.
    cooldownDuration: 30_000,
    // How long a key that the host has withdrawn is still believed.
    cacheMaxAge: 600_000,
    [customFetch]: fetchKeySet,
  });
  return new HostJwt(settings, keys, ['RS256', 'ES256', 'EdDSA']);
}

/** Verifies a host application's JWT by the one key and the few algorithms that were set; the token chooses nothing. */
export class HostJwt {
  readonly #settings: HostJwtSettings;
  readonly #key: KeyObject | JWTVerifyGetKey;
  readonly #algorithms: string[];

  constructor(settings: HostJwtSettings, key: KeyObject | JWTVerifyGetKey, defaults: readonly string[]) {
    this.#settings = settings;
    this.#key = key;
    this.#algorithms = settings.algorithms.length > 0 ? [...settings.algorithms] : [...defaults];
    const fitting = 'type' in key && key.type === 'secret' ? SECRET_ALGORITHMS : PUBLIC_ALGORITHMS;
    const wrong = this.#algorithms.find((algorithm) => !fitting.includes(algorithm));
    if (wrong !== undefined) {
      throw badSettings(`the algorithm ${wrong} does not fit the key; possible are ${fitting.join(', ')}`);
    }
  }

  /** The claims of a valid token at this moment; throws `unauthenticated` for all others, without saying why. */
  async verify(token: string, nowMs: number): Promise<HostClaims> {
    if (token.length > MAX_TOKEN_LENGTH || !COMPACT.test(token)) throw refused('malformed');
    checkHeader(token);
    const { audience, issuer } = this.#settings;
    const payload = await this.#payloadOf(token, {
      algorithms: this.#algorithms,
      audience,
      ...(issuer === undefined ? {} : { issuer }),
      requiredClaims: ['exp', 'sub', 'aud'],
      clockTolerance: CLOCK_TOLERANCE_S,
      currentDate: new Date(nowMs),
    });
    return claimsOf(payload, token);
  }

  async #payloadOf(token: string, options: Parameters<typeof jwtVerify>[2]): Promise<JWTPayload> {
    try {
      const key = this.#key;
      const { payload } =
        typeof key === 'function' ? await jwtVerify(token, key, options) : await jwtVerify(token, key, options);
      return payload;
    } catch (error) {
      if (error instanceof KeySetAway) {
        throw new AppError('unavailable', 'unable to check the token; the key set cannot be read', {
          retryAfterMs: 5_000,
          level: 'warn',
          cause: error,
        });
      }
      throw refused(error);
    }
  }
}

function checkHeader(token: string): void {
  let header: ProtectedHeaderParameters;
  try {
    header = decodeProtectedHeader(token);
  } catch (error) {
    throw refused(error);
  }
  if (FORBIDDEN_HEADERS.some((name) => Object.hasOwn(header, name))) throw refused('header');
  if (header.kid !== undefined && typeof header.kid !== 'string') throw refused('kid');
  if (header.typ !== undefined && !/^(?:application\/)?jwt$/i.test(String(header.typ))) throw refused('typ');
}

function claimsOf(payload: JWTPayload, token: string): HostClaims {
  const { exp, sub, iss, name, preferred_username: preferred } = payload;
  const expiresAt = Number(exp) * 1_000;
  if (!Number.isSafeInteger(Math.trunc(expiresAt))) throw refused('exp');
  if (!isName(sub) || (iss !== undefined && !isName(iss))) throw refused('sub');
  return {
    // Encoded, so that no issuer and subject together read like another pair.
    externalId: `${encodeURIComponent(iss ?? '')}|${sub}`,
    name: typeof name === 'string' ? name : null,
    preferredUsername: typeof preferred === 'string' ? preferred : null,
    expiresAt: Math.trunc(expiresAt),
    tokenId: tokenIdOf(token),
  };
}

/** Short enough for an index, and storable. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 255 && !/[\p{Cc}\p{Cs}]/u.test(value);
}

/** A UUIDv8 from the hash of the signed part: another spelling of the same signature is the same token. */
function tokenIdOf(token: string): string {
  const hash = createHash('sha256')
    .update(token.slice(0, token.lastIndexOf('.')))
    .digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x80;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The key set could not be read: the token is neither good nor bad. */
class KeySetAway extends Error {}

/** Fetches the key set whole, so that a failure on the way is told apart from the verdict on a token. */
async function fetchKeySet(url: string, init: RequestInit): Promise<Response> {
  try {
    const response = await fetch(url, init);
    if (response.status !== 200) throw new Error(`the answer has status ${response.status}`);
    return Response.json(await response.json());
  } catch (cause) {
    throw new KeySetAway('unable to read the key set', { cause });
  }
}

function refused(cause: unknown): AppError {
  return new AppError('unauthenticated', 'unable to accept the token; it is not valid here', { cause });
}

function secretKey(secret: string): KeyObject {
  const bytes = Buffer.from(secret, 'utf8');
  if (bytes.length < MIN_SECRET_BYTES) {
    throw badSettings(`PARLEY_JWT_SECRET needs at least ${MIN_SECRET_BYTES} bytes`);
  }
  return createSecretKey(bytes);
}

function publicKey(pem: string): KeyObject {
  try {
    // Environment variables often carry line ends as \n.
    const key = createPublicKey(pem.replaceAll('\\n', '\n'));
    if (!pem.includes('PRIVATE KEY')) return key;
  } catch (error) {
    throw badSettings('PARLEY_JWT_PUBLIC_KEY is not a public key in PEM form', error);
  }
  throw badSettings('PARLEY_JWT_PUBLIC_KEY is a private key, which must not leave the host application');
}

function defaultAlgorithms(key: KeyObject): readonly string[] {
  if (key.asymmetricKeyType === 'rsa') return ['RS256'];
  return key.asymmetricKeyType === 'ec' ? ['ES256'] : ['EdDSA'];
}

function badSettings(reason: string, cause?: unknown): StartError {
  return new StartError({
    code: 'bad_settings',
    message: `unable to read the settings; ${reason}`,
    hint: 'Correct the PARLEY_JWT_ variables and start again.',
    ...(cause === undefined ? {} : { cause }),
  });
}
