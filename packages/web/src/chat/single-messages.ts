import type { ChatClient } from '@parley/client';
import type { ChannelId, MessageView } from '@parley/protocol';
import { createStore, type LocalStore } from '../lib/store.ts';

type Found = MessageView | 'gone' | null;

const MAX_KEPT = 500;
const known = new WeakMap<ChatClient, Map<string, LocalStore<Found>>>();

/** A message that may lie outside of what is loaded, by its place: null until it is here, `gone` when it cannot be had. */
export function singleMessage(client: ChatClient, channelId: ChannelId, seq: number): LocalStore<Found> {
  const stores = storesOf(client);
  const key = `${channelId}/${seq}`;
  let store = stores.get(key);
  if (store === undefined) {
    if (stores.size >= MAX_KEPT) stores.clear();
    store = createStore<Found>(null);
    stores.set(key, store);
    void load(client, channelId, seq, store);
  }
  return store;
}

function storesOf(client: ChatClient): Map<string, LocalStore<Found>> {
  const present = known.get(client);
  if (present !== undefined) return present;
  const stores = new Map<string, LocalStore<Found>>();
  known.set(client, stores);
  client.on('messageChanged', ({ message }) => stores.get(`${message.channelId}/${message.seq}`)?.set(message));
  return stores;
}

async function load(client: ChatClient, channelId: ChannelId, seq: number, store: LocalStore<Found>): Promise<void> {
  try {
    const { messages } = await client.call('message.history', { channelId, before: seq + 1, limit: 1 });
    store.set(messages.find((message) => message.seq === seq) ?? 'gone');
  } catch {
    store.set('gone');
  }
}
