import { statement } from '../statement.ts';
import { keyOf, type Row } from '../store.ts';
import type { View } from '../transaction.ts';
import { list, messageColumns, num } from './rows.ts';

/** The rows of one request: one for each message, or one without a message. */
function recentRows(view: View, request: { id: string; floor: number; place: number }, limit: number): Row[] {
  const channel = view.get('channels', request.id);
  if (channel === undefined) return [];
  const top = num(channel.last_rev);
  const floor = Math.max(request.floor, top - limit);
  const revs = view
    .scan('channel_members', keyOf('channel', request.id))
    .map((member) => num(member.rev))
    .filter((rev) => rev > floor);
  const head = { place: request.place, floor, top, memberRevs: [...new Set(revs)].sort((a, b) => a - b) };
  const messages = view
    .scan('messages', keyOf('root', request.id))
    .filter((message) => num(message.rev) > floor)
    .sort((a, b) => num(a.rev) - num(b.rev));
  if (messages.length === 0) return [{ ...NO_MESSAGE, ...head }];
  return messages.map((message) => ({ ...head, ...messageColumns(view, message) }));
}

/** What an outer join gives where there is nothing to join. */
const NO_MESSAGE: Row = Object.fromEntries(
  [
    ...['channelId', 'rootId', 'id', 'seq', 'rev', 'senderId', 'kind', 'body', 'createdAt', 'editedAt', 'deletedAt'],
    ...['replyTo', 'threadId', 'pinnedAt', 'pinnedBy', 'mentions', 'everyone', 'attachments', 'reactions'],
  ].map((name) => [name, null]),
);

/** What fills the cache of recent messages. */
export const RECENT_STATEMENT = statement(
  /^WITH at AS MATERIALIZED \( SELECT asked\.place, .* SELECT at\.place, at\.floor, at\.top, of_members\.revs/,
  (view, [ids, floors, limit]) =>
    list(ids).flatMap((id, index) =>
      recentRows(view, { id, floor: num(list<number>(floors)[index]), place: index + 1 }, num(limit)),
    ),
);
