import type { RecentRequest } from '../cache/recent-messages.ts';
import type { RecentState } from '../cache/recent-window.ts';
import { type Queryable, query } from '../storage/postgres.ts';
import { MESSAGE_COLUMNS, type MessageRow, messageView } from './message-rows.ts';

/** `id` is null in the one row of a channel without such messages. */
interface RecentRow extends Omit<MessageRow, 'id'> {
  readonly id: MessageRow['id'] | null;
  readonly place: number;
  readonly floor: number;
  readonly top: number;
  readonly memberRevs: number[];
}

/**
 * Reads the last changes of root channels, at most `limit` revs of each, in the requests' order; null where there is no such
 * channel. One statement, so that each is of one moment.
 */
export async function readRecent(
  on: Queryable,
  requests: readonly RecentRequest[],
  limit: number,
): Promise<(RecentState | null)[]> {
  const rows = await query<RecentRow>(
    on,
    `WITH at AS MATERIALIZED (
       SELECT asked.place, c.id AS root, c.last_rev AS top, greatest(asked.floor, c.last_rev - $3) AS floor
         FROM unnest($1::uuid[], $2::bigint[]) WITH ORDINALITY AS asked(id, floor, place)
         JOIN channels c ON c.id = asked.id),
     of_members AS MATERIALIZED (
       SELECT at.place, ARRAY(SELECT DISTINCT one.rev FROM channel_members one
                               WHERE one.channel_id = at.root AND one.rev > at.floor) AS revs FROM at)
     SELECT at.place, at.floor, at.top, of_members.revs AS "memberRevs", ${MESSAGE_COLUMNS}
       FROM at JOIN of_members USING (place)
       LEFT JOIN LATERAL (SELECT * FROM messages one WHERE one.root_id = at.root AND one.rev > at.floor ORDER BY one.rev) m ON true`,
    [requests.map(({ channelId }) => channelId), requests.map(({ floor }) => floor), limit],
  );
  const byPlace = new Map<number, RecentRow[]>();
  for (const row of rows) {
    const own = byPlace.get(row.place);
    if (own === undefined) byPlace.set(row.place, [row]);
    else own.push(row);
  }
  return requests.map((_, index) => stateOf(byPlace.get(index + 1)));
}

function stateOf(rows: readonly RecentRow[] | undefined): RecentState | null {
  const [first] = rows ?? [];
  if (rows === undefined || first === undefined) return null;
  const messages = rows.flatMap((row) => (row.id === null ? [] : [messageView({ ...row, id: row.id })]));
  return { floor: first.floor, top: first.top, messages, memberRevs: first.memberRevs };
}
