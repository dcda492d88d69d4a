import type { UserId } from '@parley/protocol';
import { type Queryable, query } from '../storage/postgres.ts';

/** Whether a user shows nobody how far he has read. */
export async function readHidesReceipts(on: Queryable, userId: UserId): Promise<boolean> {
  const rows = await query<{ hides: boolean }>(on, 'SELECT hide_receipts AS hides FROM users WHERE id = $1', [userId]);
  return rows[0]?.hides ?? false;
}

/** Sets whether a user shows how far he has read; it holds from the next receipt on. */
export async function setHidesReceipts(on: Queryable, userId: UserId, hides: boolean): Promise<void> {
  await query(on, 'UPDATE users SET hide_receipts = $2 WHERE id = $1', [userId, hides]);
}
