import type { ChatClient, OutgoingEvent } from '@parley/client';
import type { ChannelId, MessageId } from '@parley/protocol';
import { createStore, type LocalStore } from '../lib/store.ts';

/** What of this browser is not sent yet. */
export interface Outbox {
  /** Messages that go out by themselves as soon as they can. */
  readonly waiting: number;
  /** Channels in which a message was refused and wants a decision. */
  readonly failed: ReadonlySet<ChannelId>;
}

const EMPTY: Outbox = { waiting: 0, failed: new Set() };

/** Follows what a client has not sent yet, also what an earlier visit has left. */
export function watchOutbox(client: ChatClient): LocalStore<Outbox> {
  const store = createStore<Outbox>(EMPTY);
  const entries = new Map<MessageId, OutgoingEvent>();
  client.on('outgoing', (event) => {
    if (event.status === 'sent' || event.status === 'discarded') entries.delete(event.message.id);
    else entries.set(event.message.id, event);
    store.set(summarise([...entries.values()]));
  });
  return store;
}

function summarise(events: readonly OutgoingEvent[]): Outbox {
  const failed = events.filter(({ status }) => status === 'failed');
  return {
    waiting: events.length - failed.length,
    failed: new Set(failed.map(({ message }) => message.channelId)),
  };
}
