import { type ChatClient, ParleyError } from '@parley/client';
import type { ChannelId, MessageView } from '@parley/protocol';
import { expect, test } from 'vitest';
import { singleMessage } from './single-messages.ts';

const CHANNEL = 'a channel' as ChannelId;
const MESSAGE = { id: 'a message', channelId: CHANNEL, seq: 7 } as unknown as MessageView;

/** A client whose questions fail with `code` until it is null; `connect` tells that the server is there again. */
function makeClient(code: ParleyError['code'] | null) {
  const connected: (() => void)[] = [];
  const answer = { code };
  const client = {
    call: async () => {
      if (answer.code !== null) throw new ParleyError(answer.code, 'unable to ask');
      return { messages: [MESSAGE] };
    },
    on: (name: string, listener: (event: unknown) => void) => {
      if (name === 'connection') connected.push(() => listener({ current: 'online' }));
    },
  } as unknown as ChatClient;
  const connect = () => {
    for (const tell of connected) tell();
  };
  return { client, answer, connect };
}

test('a question without an answer is put again with the next connection, and does not say that the message is gone', async () => {
  const { client, answer, connect } = makeClient('timed_out');
  const store = singleMessage(client, CHANNEL, 7);
  connect();
  await Promise.resolve();
  expect(store.getSnapshot()).toBe(null);
  answer.code = null;
  connect();
  await expect.poll(() => store.getSnapshot()).toBe(MESSAGE);
});

test('a question without an answer is put again when somebody comes to look', async () => {
  const { client, answer } = makeClient('disconnected');
  singleMessage(client, CHANNEL, 7);
  answer.code = null;
  await expect.poll(() => singleMessage(client, CHANNEL, 7).getSnapshot()).toBe(MESSAGE);
});

test.each(['not_found', 'forbidden'] as const)('what the server answers with %s is gone', async (code) => {
  const { client } = makeClient(code);
  const store = singleMessage(client, CHANNEL, 7);
  await expect.poll(() => store.getSnapshot()).toBe('gone');
});
