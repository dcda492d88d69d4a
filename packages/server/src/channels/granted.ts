import type { Action, ChannelId, UserId } from '@parley/protocol';
import { AppError } from '../lib/app-error.ts';
import type { Database, Queryable, Tx } from '../storage/postgres.ts';
import type { Change, Changes } from '../writer/change.ts';
import { type AccessAt, readAccess, readAccessAt } from './access-store.ts';
import { type Access, demand, type Grant } from './permissions.ts';

/** As `readAccess`, but throws `not_found` when there is no such channel. */
export async function accessOf(on: Queryable, userId: UserId, channelId: ChannelId): Promise<Access> {
  return demandFound(await readAccess(on, userId, channelId));
}

/** As `accessOf`, with how far the channel had got at that very moment. */
export async function accessAtOf(on: Queryable, userId: UserId, channelId: ChannelId): Promise<AccessAt> {
  return demandFound(await readAccessAt(on, userId, channelId));
}

function demandFound<Found extends Access>(access: Found | null): Found {
  if (access === null) throw new AppError('not_found', 'unable to find the channel; there is none with this id');
  return access;
}

/**
 * Reads a channel for a user. Access and content come from one snapshot of the database: whoever was removed meanwhile
 * cannot be given what was committed after the removal. `at` is how far the channel had got in it.
 */
export function readGranted<A extends Action, Result>(
  db: Database,
  who: { readonly userId: UserId; readonly channelId: ChannelId; readonly action: A },
  work: (tx: Tx, grant: Grant<A>, at: Pick<AccessAt, 'lastSeq' | 'rev'>) => Promise<Result>,
): Promise<Result> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      const access = await accessAtOf(tx, who.userId, who.channelId);
      return await work(tx, demand(access, who.action), access);
    });
}

/** Changes a channel for a user; access is read under the lock, where nobody can change it any more. */
export function changeGranted<A extends Action, Result>(
  changes: Changes,
  who: { readonly userId: UserId; readonly channelId: ChannelId; readonly action: A },
  work: (change: Change, grant: Grant<A>) => Promise<Result>,
): Promise<Result> {
  return changes.run(who.channelId, async (change) =>
    work(change, demand(await accessOf(change.tx, who.userId, who.channelId), who.action)),
  );
}

/** Refuses threads, for what only a channel has: a name, members of its own, permissions. */
export function demandRoot(access: Access, what: string): void {
  if (access.channel.kind === 'thread') {
    throw new AppError('bad_request', `unable to ${what}; this is a thread, ask for its channel`);
  }
}
