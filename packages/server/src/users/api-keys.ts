import { type ApiKeyView, makeUuid, type Scope, type UserId } from '@parley/protocol';
import { record } from '../audit/audit.ts';
import { AppError } from '../lib/app-error.ts';
import { present } from '../lib/assert.ts';
import type { Clock } from '../lib/clock.ts';
import type { Database, Tx } from '../storage/postgres.ts';
import type { TellAccount } from './account-notice.ts';
import type { Orderer } from './accounts.ts';
import { demandAdmin, demandRank } from './authority.ts';
import { deleteKey, findKeyUser, insertKey, listKeys } from './key-store.ts';
import { hashToken, makeToken } from './tokens.ts';
import { findUser, lockUsersAndOwners, type UserRow } from './user-store.ts';

/** Keys one bot may have. */
const MAX_KEYS = 100;

export interface ApiKeysPorts {
  readonly db: Database;
  readonly clock: Clock;
  readonly tell: TellAccount;
}

export interface WantedKey {
  readonly userId: UserId;
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly expiresInMs?: number | undefined;
}

/** The keys of bots. A key never does more than its bot may, nor more than its scopes say. */
export class ApiKeys {
  readonly #ports: ApiKeysPorts;

  constructor(ports: ApiKeysPorts) {
    this.#ports = ports;
  }

  /** Makes a key; the secret is returned here and kept nowhere. */
  create(by: Orderer, wanted: WantedKey): Promise<{ readonly key: ApiKeyView; readonly secret: string }> {
    const { db, clock } = this.#ports;
    const secret = makeToken('key');
    const nowMs = clock.now();
    return db.transaction().execute(async (tx) => {
      const bot = await this.#demandRankOver(tx, by, wanted.userId, 'make the key');
      if (bot.kind !== 'bot')
        throw new AppError('conflict', 'unable to make the key; people sign in, keys are for bots');
      if ((await listKeys(tx, bot.id)).length >= MAX_KEYS) {
        throw new AppError('conflict', `unable to make the key; a bot has at most ${MAX_KEYS}`);
      }
      const key = await insertKey(tx, {
        id: makeUuid(nowMs),
        userId: bot.id,
        name: wanted.name,
        secretHash: hashToken(secret),
        scopes: [...new Set(wanted.scopes)],
        nowMs,
        expiresAtMs: wanted.expiresInMs === undefined ? null : nowMs + wanted.expiresInMs,
      });
      const made = present(key, 'the key just made');
      const details = { scopes: made.scopes, userId: bot.id };
      await record(tx, { actorId: by.userId, action: 'key.created', target: made.id, details, address: by.address });
      return { key: made, secret };
    });
  }

  /** All keys, without secrets. */
  async list(by: Orderer): Promise<ApiKeyView[]> {
    const { db } = this.#ports;
    if (by.userId !== null) demandAdmin(present(await findUser(db, by.userId), 'the user who asks'), 'list keys');
    return listKeys(db, null);
  }

  /** Ends a key; its sockets are told before this resolves. */
  async revoke(by: Orderer, keyId: string): Promise<void> {
    const { db, tell } = this.#ports;
    // Whether a key exists is for admins to know.
    if (by.userId !== null) demandAdmin(present(await findUser(db, by.userId), 'the user who asks'), 'end the key');
    const userId = await db.transaction().execute(async (tx) => {
      const owner = await findKeyUser(tx, keyId);
      if (owner === null) throw noSuchKey();
      await this.#demandRankOver(tx, by, owner, 'end the key');
      if ((await deleteKey(tx, keyId)) === null) throw noSuchKey();
      await record(tx, { actorId: by.userId, action: 'key.revoked', target: keyId, address: by.address });
      return owner;
    });
    tell({ kind: 'cut', userId, reason: 'revoked', sessionId: keyId });
  }

  async #demandRankOver(tx: Tx, by: Orderer, userId: UserId, task: string): Promise<UserRow> {
    const users = await lockUsersAndOwners(tx, by.userId === null ? [userId] : [userId, by.userId]);
    const actor = users.find((user) => user.id === by.userId);
    const target = users.find((user) => user.id === userId);
    if (by.userId !== null) demandAdmin(present(actor, 'the user who asks'), task);
    if (target === undefined) throw new AppError('not_found', `unable to ${task}; there is no such user`);
    if (actor !== undefined) demandRank(actor, target, task);
    return target;
  }
}

function noSuchKey(): AppError {
  return new AppError('not_found', 'unable to end the key; there is none with this id');
}
