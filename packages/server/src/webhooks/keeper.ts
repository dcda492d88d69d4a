import type { ChannelId, UserId } from '@parley/protocol';
import { readAccess } from '../channels/access-store.ts';
import { keepsWebhook } from '../channels/permissions.ts';
import type { Queryable } from '../storage/postgres.ts';

/** For whom a webhook listens; the columns are `KEPT`. */
export interface KeptWebhook {
  readonly channelId: ChannelId | null;
  readonly createdBy: UserId | null;
  readonly isPrivate: boolean;
}

/** The columns of a `KeptWebhook`, for a webhook row named `w`. */
export const KEPT = `w.channel_id AS "channelId", w.created_by AS "createdBy",
            EXISTS (SELECT FROM channels c WHERE c.id = w.channel_id AND c.kind <> 'public') AS "isPrivate"`;

/** What operators see of a webhook that is told nothing for now. */
export const UNKEPT = 'whoever made it may not have its channel told any more';

/**
 * Whether a webhook may be told: one of a private channel only while whoever made it may have it told. Asked after what is to
 * be told was read: then all of it was said while he still might.
 */
export async function isKept(on: Queryable, { channelId, createdBy, isPrivate }: KeptWebhook): Promise<boolean> {
  if (!isPrivate || channelId === null) return true;
  const access = createdBy === null ? null : await readAccess(on, createdBy, channelId);
  return access !== null && keepsWebhook(access);
}
