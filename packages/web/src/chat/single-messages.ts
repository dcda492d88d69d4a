import { type ChatClient, ParleyError } from '@parley/client';
import type { ChannelId, MessageView } from '@parley/protocol';
import { createStore, type LocalStore } from '../lib/store.ts';

type Found = MessageView | 'gone' | null;

interface Known {
  readonly stores: Map<string, LocalStore<Found>>;
  /** Questions without an answer, to be put again. */
  readonly unanswered: Map<string, () => void>;
}

const MAX_KEPT = 500;
const known = new WeakMap<ChatClient, Known>();

/** A message that may lie outside of what is loaded, by its place: null until it is here, `gone` when it cannot be had. */
export function singleMessage(client: ChatClient, channelId: ChannelId, seq: number): LocalStore<Found> {
  const { stores, unanswered } = knownOf(client);
  const key = `${channelId}/${seq}`;
  let store = stores.get(key);
  if (store === undefined) {
    if (stores.size >= MAX_KEPT) stores.clear();
    store = createStore<Found>(null);
    stores.set(key, store);
    askFor(client, channelId, seq, store);
  } else askAgain(unanswered, key);
  return store;
}

function knownOf(client: ChatClient): Known {
  const present = known.get(client);
  if (present !== undefined) return present;
  const stores = new Map<string, LocalStore<Found>>();
  const unanswered: Known['unanswered'] = new Map();
  known.set(client, { stores, unanswered });
  client.on('messageChanged', ({ message }) => stores.get(`${message.channelId}/${message.seq}`)?.set(message));
  client.on('connection', ({ current }) => {
    if (current === 'online') for (const key of [...unanswered.keys()]) askAgain(unanswered, key);
  });
  return { stores, unanswered };
}

function askAgain(unanswered: Known['unanswered'], key: string): void {
  const ask = unanswered.get(key);
  unanswered.delete(key);
  ask?.();
}

function askFor(client: ChatClient, channelId: ChannelId, seq: number, store: LocalStore<Found>): void {
  client.call('message.history', { channelId, before: seq + 1, limit: 1 }).then(
    ({ messages }) => store.set(messages.find((message) => message.seq === seq) ?? 'gone'),
    (error: unknown) => {
      if (isFinal(error)) return store.set('gone');
      // Nobody has said that it is gone.
      knownOf(client).unanswered.set(`${channelId}/${seq}`, () => askFor(client, channelId, seq, store));
    },
  );
}

function isFinal(error: unknown): boolean {
  return error instanceof ParleyError && (error.code === 'not_found' || error.code === 'forbidden');
}
