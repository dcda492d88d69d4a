import { createHash, createHmac } from 'node:crypto';
import type { OperationName, UserId } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database } from '../storage/postgres.ts';
import { giveKeyBack, type KeyRow, keepAnswer, type TakenKey, takeKey } from './idempotency-store.ts';

const KEY = /^[\x21-\x7e]{1,255}$/;

/** Answers that hold a secret, which nothing here may store. */
const SECRET_ANSWERS: ReadonlySet<OperationName> = new Set<OperationName>(['key.create', 'invitation.create']);

export interface IdempotencyPorts {
  readonly db: Database;
  readonly clock: Clock;
  onFault(error: unknown): void;
}

export interface KeyedRequest {
  readonly userId: UserId;
  readonly name: OperationName;
  readonly input: unknown;
  /** As the `Idempotency-Key` header has it. */
  readonly key: string;
}

export interface KeyedAnswer {
  readonly body: unknown;
  /** True for the answer of an earlier request with the same key. */
  readonly replayed: boolean;
}

/**
 * Runs a request once per caller and key. A repeat gets the first answer; another request with the key is refused, and so
 * is one that comes while the first still runs. A request that was refused changed nothing: its key is free again.
 */
export async function runOnce(
  ports: IdempotencyPorts,
  request: KeyedRequest,
  run: () => Promise<unknown>,
): Promise<KeyedAnswer> {
  const { db, clock } = ports;
  const row = rowOf(request);
  const taken = await takeKey(db, row, clock.now());
  if (taken !== null) return { body: answerOf(taken, row), replayed: true };
  // What became of the request is told whether or not its key could be settled; an unsettled key is abandoned in a minute.
  const settle = (work: Promise<void>) => work.catch((error: unknown) => ports.onFault(error));
  try {
    const body = await run();
    await settle(keepAnswer(db, row, 200, SECRET_ANSWERS.has(request.name) ? null : body));
    return { body, replayed: false };
  } catch (error) {
    await settle(giveKeyBack(db, row));
    throw error;
  }
}

function answerOf(taken: TakenKey, row: KeyRow): unknown {
  if (!taken.requestHash.equals(row.requestHash)) {
    throw new AppError('key_reused', 'unable to run the request; its Idempotency-Key was used for another one');
  }
  if (taken.status === null) {
    throw new AppError('key_in_use', 'unable to run the request; the first one with its Idempotency-Key still runs', {
      retryAfterMs: 1_000,
    });
  }
  if (taken.response === null) {
    throw new AppError('conflict', 'unable to repeat the answer; it held a secret, which is kept nowhere');
  }
  return taken.response;
}

function rowOf({ userId, name, input, key }: KeyedRequest): KeyRow {
  if (!KEY.test(key)) {
    throw new AppError('bad_request', 'unable to run the request; an Idempotency-Key has 1 to 255 visible characters');
  }
  const keyHash = createHash('sha256').update(key).digest('base64url');
  // Keyed by what is not stored: an input may hold a password, whose plain hash could be guessed from.
  const requestHash = createHmac('sha256', key)
    .update(`${name}\n${canonical(input)}`)
    .digest();
  return { userId, keyHash, requestHash };
}

/** The same text for the same input, in whichever order its keys were written. */
function canonical(input: unknown): string {
  return JSON.stringify(input, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
