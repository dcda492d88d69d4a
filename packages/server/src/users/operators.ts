import type { UserId } from '@parley/protocol';
import { present } from '../lib/assert.ts';
import type { Queryable } from '../storage/postgres.ts';
import { demandAdmin } from './authority.ts';
import { findUser } from './user-store.ts';

/** Tells operators from others. */
export class Operators {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Throws `forbidden` unless the user is an admin or owner of the server now, whatever his session remembers. */
  async demand(userId: UserId, task: string): Promise<void> {
    demandAdmin(present(await findUser(this.#db, userId), 'the user who asks'), task);
  }
}
