import type { ChatClient } from '@parley/client';
import type { ChannelId } from '@parley/protocol';
import { createStore, type LocalStore } from '../lib/store.ts';

/** What a message shows of the thread below it. */
export interface ThreadFacts {
  readonly replies: number;
  readonly lastReplyAt: number | null;
}

const known = new WeakMap<ChatClient, Map<ChannelId, LocalStore<ThreadFacts | null>>>();

/** The facts of a thread, also of one that is not followed: asked for once, then counted along. */
export function threadFacts(client: ChatClient, threadId: ChannelId): LocalStore<ThreadFacts | null> {
  let threads = known.get(client);
  if (threads === undefined) {
    threads = new Map();
    known.set(client, threads);
    follow(client, threads);
  }
  let store = threads.get(threadId);
  if (store === undefined) {
    store = createStore<ThreadFacts | null>(null);
    threads.set(threadId, store);
    void load(client, threadId, store);
  }
  return store;
}

function follow(client: ChatClient, threads: ReadonlyMap<ChannelId, LocalStore<ThreadFacts | null>>): void {
  client.on('message', ({ message }) => {
    threads.get(message.channelId)?.update((facts) => newer(facts, message.seq, message.createdAt));
  });
  client.on('connection', ({ current }) => {
    if (current === 'online') for (const [threadId, store] of threads) void load(client, threadId, store);
  });
}

async function load(client: ChatClient, threadId: ChannelId, store: LocalStore<ThreadFacts | null>): Promise<void> {
  try {
    const { messages, lastSeq } = await client.call('message.history', { channelId: threadId, limit: 1 });
    store.update((facts) => newer(facts, lastSeq, messages.at(-1)?.createdAt ?? null));
  } catch {
    // Without the facts the message still says that there is a thread; the next connect asks again.
  }
}

function newer(facts: ThreadFacts | null, replies: number, lastReplyAt: number | null): ThreadFacts {
  return facts !== null && facts.replies >= replies ? facts : { replies, lastReplyAt };
}
