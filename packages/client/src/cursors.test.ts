import { expect, test } from 'vitest';
import { createClient } from './chat-client.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { ModelServer } from './testing/model-server.ts';

/** Ann is online in a channel in which bob has said five things. */
async function annBehind() {
  const clock = new FakeClock(1);
  const server = new ModelServer(clock);
  const [ann, bob] = [server.user('ann'), server.user('bob')];
  const general = server.channel('general', [ann, bob]);
  for (let count = 0; count < 5; count++) general.send(bob.id, server.id(), 'from bob');
  const client = createClient({
    url: 'http://model',
    token: 'ann',
    WebSocket: server.WebSocket,
    runtime: clock.runtime,
  });
  const connected = client.connect();
  await clock.advance(100);
  await connected;
  const unread = () => client.channels.getSnapshot()[0]?.unread;
  const tell = async (readSeq: number, reachedSeq?: number) => {
    const reached = reachedSeq === undefined ? {} : { reachedSeq };
    server.tell(ann.id, { t: 'cursor', channel: general.id, readSeq, deliveredSeq: 5, mentions: 0, ...reached });
    await clock.advance(10);
  };
  return { clock, server, client, general, ann, unread, tell };
}

test('[DEL9] what a node read before another one and told after it undoes nothing; marking unread does', async () => {
  const { client, unread, tell } = await annBehind();
  await tell(4, 4);
  expect(unread()).toBe(1);
  await tell(2, 2);
  expect(unread()).toBe(1);
  // Marked unread on another device: less is read now, and as much as ever was.
  await tell(3, 4);
  expect(unread()).toBe(2);
  await tell(5, 5);
  expect(unread()).toBe(0);
  // Servers of an older version say only this.
  await tell(1);
  expect(unread()).toBe(4);
  client.close();
});

test('[DEL9] an answer that is older than what was told since it was asked for does not bring a badge back', async () => {
  const { clock, server, client, general, ann, unread } = await annBehind();
  const old = general.joinedFor(ann.id);
  server.answers.set('channel.get', () => {
    const cursor = {
      t: 'cursor',
      channel: general.id,
      readSeq: 5,
      deliveredSeq: 5,
      mentions: 0,
      reachedSeq: 5,
    } as const;
    server.tell(ann.id, cursor);
    return old;
  });
  // It may mention her now, so her counts are asked for.
  general.edit(5, 'for @ann');
  expect(unread()).toBe(5);
  await clock.advance(50);
  expect(unread()).toBe(0);
  client.close();
});
