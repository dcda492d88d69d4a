import type { OwnUserView, UserId, UserView } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import { makeCursor, readCursor } from '../lib/cursor.ts';
import type { Database } from '../storage/postgres.ts';
import { readHidesReceipts } from './privacy-store.ts';
import { listUsers, readUsers, type Viewer } from './user-directory-store.ts';
import { findUser, hasOwner, userView } from './user-store.ts';

/** Users as others see them. */
export class UserDirectory {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** The user; throws `not_found`. */
  async find(userId: UserId): Promise<UserView> {
    const user = await findUser(this.#db, userId);
    if (user === null) throw new AppError('not_found', 'unable to find the user; there is none with this id');
    return userView(user);
  }

  /** A user as he sees himself; throws `not_found`. */
  async findOwn(userId: UserId): Promise<OwnUserView> {
    return { ...(await this.find(userId)), hideReceipts: await readHidesReceipts(this.#db, userId) };
  }

  /** One page by user name of those whom the viewer may know. */
  async list(
    viewer: Viewer,
    page: { readonly query?: string | undefined; readonly cursor?: string | undefined; readonly limit: number },
  ): Promise<{ users: UserView[]; nextCursor: string | null }> {
    const { query, cursor, limit } = page;
    const list = `users ${query ?? ''}`;
    const [after] = cursor === undefined ? [] : readCursor(list, cursor, 1);
    // One more than asked for tells whether there is a next page.
    const rows = await listUsers(this.#db, viewer, { query, after, limit: limit + 1 });
    const users = rows.slice(0, limit).map(userView);
    const last = users.at(-1);
    const nextCursor = rows.length > limit && last !== undefined ? makeCursor(list, [last.username]) : null;
    return { users, nextCursor };
  }

  /** Those of the users that exist and that the viewer may know. */
  async get(viewer: Viewer, userIds: readonly UserId[]): Promise<UserView[]> {
    return (await readUsers(this.#db, viewer, userIds)).map(userView);
  }

  /** Whether somebody may manage the server. */
  hasOwner(): Promise<boolean> {
    return hasOwner(this.#db);
  }
}
