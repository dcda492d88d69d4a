import { createHash, createHmac } from 'node:crypto';
import type { OperationName, UserId } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { type Database, isAnswerLost } from '../storage/postgres.ts';
import { giveKeyBack, type KeyRow, keepAnswer, type TakenKey, takeKey } from './idempotency-store.ts';

const KEY = /^[\x21-\x7e]{1,255}$/;

/** Answers that hold a secret, which nothing here may store. */
const SECRET_ANSWERS: ReadonlySet<OperationName> = new Set<OperationName>([
  'key.create',
  'invitation.create',
  'webhook.create',
]);

/**
 * Answers that show what may be gone when they are asked for again: the text of a message, an address that works for
 * minutes. A second run of these changes nothing, so a repeat is run anew and nothing of the answer is stored.
 */
const FLEETING_ANSWERS: ReadonlySet<OperationName> = new Set<OperationName>(['thread.open', 'attachment.url']);

/** Kept as the status of a request of which nobody knows whether it was done. */
const UNKNOWN = 503;

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
 * is one that comes while the first still runs. A request that was refused changed nothing: its key is free again. Where the
 * database went away meanwhile nobody knows, and a repeat is told so.
 */
export async function runOnce(
  ports: IdempotencyPorts,
  request: KeyedRequest,
  run: () => Promise<unknown>,
): Promise<KeyedAnswer> {
  const { db, clock } = ports;
  const row = rowOf(request);
  const taken = await takeKey(db, row, clock.now());
  if (taken !== null) {
    demandDone(taken, row);
    const isFleeting = FLEETING_ANSWERS.has(request.name);
    return { body: isFleeting ? await run() : answerOf(taken), replayed: true };
  }
  // What became of the request is told whether or not its key could be settled; an unsettled key is abandoned in a minute.
  const settle = (work: Promise<void>) => work.catch((error: unknown) => ports.onFault(error));
  try {
    const body = await run();
    const isKept = !SECRET_ANSWERS.has(request.name) && !FLEETING_ANSWERS.has(request.name);
    await settle(keepAnswer(db, row, 200, isKept ? body : null));
    return { body, replayed: false };
  } catch (error) {
    // A commit whose answer was lost may have happened: what is given back then may be done a second time.
    await settle(isAnswerLost(error) ? keepAnswer(db, row, UNKNOWN, null) : giveKeyBack(db, row));
    throw error;
  }
}

function demandDone(taken: TakenKey, row: KeyRow): void {
  if (!taken.requestHash.equals(row.requestHash)) {
    throw new AppError('key_reused', 'unable to run the request; its Idempotency-Key was used for another one');
  }
  if (taken.status === null) {
    throw new AppError('key_in_use', 'unable to run the request; the first one with its Idempotency-Key still runs', {
      retryAfterMs: 1_000,
    });
  }
  if (taken.status === UNKNOWN) {
    throw new AppError('conflict', 'unable to tell whether the first request was done; look, and use another key');
  }
}

function answerOf(taken: TakenKey): unknown {
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
