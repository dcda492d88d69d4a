import type { ChannelId, MessageEvent, MessageView, Sent, UserId } from '@parley/protocol';
import { type CommittedEvent, committed } from '../fanout/committed.ts';
import { present } from '../lib/assert.ts';
import type { SendEntry } from '../queue/send-entry.ts';
import { type BaseRow, type Place, quotedBy } from './send-statement.ts';

/** What one statement made of its entries: their places, and the events of each root channel in rev order. */
export interface Commit {
  readonly sent: readonly Sent[];
  readonly events: ReadonlyMap<ChannelId, CommittedEvent[]>;
  /** Who follows a thread from now on, because of what was said in it. */
  readonly follows: readonly Follow[];
}

export interface Follow {
  readonly channelId: ChannelId;
  readonly userId: UserId;
}

/** Turns the statement's answer into acks and events. */
export function commitOf(entries: readonly SendEntry[], places: readonly Place[], rows: readonly BaseRow[]): Commit {
  const bases = new Map(rows.map((row) => [row.id, row]));
  const events = new Map<ChannelId, CommittedEvent[]>();
  const sent = entries.map((entry, index) => {
    const place = present(places[index], 'place');
    const own = present(bases.get(entry.channelId), 'channel base');
    const root = present(bases.get(entry.rootId), 'root base');
    const seq = own.seq_base + place.seqPlace;
    const rev = root.rev_base + place.revPlace;
    const list = events.get(entry.rootId);
    const event = committed(newMessageEvent(entry, seq, rev, own.at));
    if (list === undefined) events.set(entry.rootId, [event]);
    else list.push(event);
    return { channelId: entry.channelId, id: entry.id, seq, rev, createdAt: own.at };
  });
  const follows = rows.flatMap(({ id, followers }) => (followers ?? []).map((userId) => ({ channelId: id, userId })));
  return { sent, events, follows };
}

function newMessageEvent(entry: SendEntry, seq: number, rev: number, createdAt: number): MessageEvent {
  const message: MessageView = {
    channelId: entry.channelId,
    id: entry.id,
    seq,
    rev,
    senderId: entry.senderId,
    kind: 'text',
    body: entry.body,
    createdAt,
  };
  if (entry.rootId !== entry.channelId) message.rootId = entry.rootId;
  const replyTo = quotedBy(entry, seq);
  if (replyTo !== null) message.replyTo = replyTo;
  if (entry.mentions !== null) message.mentions = [...entry.mentions];
  if (entry.attachments !== null) message.attachments = [...entry.attachments];
  if (entry.everyone !== null) message.everyone = entry.everyone;
  return { t: 'message', channel: entry.rootId, rev, change: 'new', message };
}
