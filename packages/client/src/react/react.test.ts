// @vitest-environment happy-dom
import { act, createElement, type FC, StrictMode } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ChatClient, createClient } from '../chat-client.ts';
import {
  ParleyProvider,
  useChannels,
  useConnection,
  useMembers,
  useMessages,
  usePresence,
  useReceipts,
  useTyping,
  useUnread,
  useUser,
} from '../react.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { ModelChannel } from '../testing/model-channel.ts';
import { ModelServer } from '../testing/model-server.ts';

let clock: FakeClock;
let server: ModelServer;
let client: ChatClient;
let general: ModelChannel;
let renders = 0;

beforeEach(() => {
  (globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
  clock = new FakeClock();
  server = new ModelServer(clock);
  general = server.channel('general', [server.user('ann'), server.user('bob')]);
  client = createClient({ url: 'http://model', token: 'ann', WebSocket: server.WebSocket, runtime: clock.runtime });
  renders = 0;
});
afterEach(() => client.close());

const Chat: FC = () => {
  renders += 1;
  const { current } = useConnection();
  const { items, hasOlder } = useMessages(general.id);
  const { members } = useMembers(general.id);
  const { typists } = useTyping(general.id);
  const { unread } = useUnread();
  const bob = useUser(server.user('bob').id);
  const presence = usePresence(server.user('bob').id);
  useReceipts(general.id);
  const names = useChannels().map(({ channel }) => channel.name);
  const bodies = items.map(({ body, status }) => `${body}:${status}`);
  return createElement(
    'p',
    null,
    JSON.stringify({
      current,
      names,
      bodies,
      hasOlder,
      members: members.length,
      typists: typists.length,
      unread,
      bob: bob?.username,
      presence: presence?.status,
    }),
  );
};

const app = () => createElement(StrictMode, null, createElement(ParleyProvider, { client }, createElement(Chat)));
const advance = (ms: number) => act(() => clock.advance(ms));
const shown = (container: Element): unknown => JSON.parse(container.textContent ?? '');

test('shows what the client has, renders once per change, and lets go of everything', async () => {
  const container = document.createElement('div');
  const root = createRoot(container);
  act(() => root.render(app()));
  expect(shown(container)).toMatchObject({ current: 'idle', names: [], bodies: [] });
  act(() => void client.connect());
  await advance(200);
  const bob = server.user('bob').id;
  expect(shown(container)).toMatchObject({ current: 'online', names: ['general'], members: 2, unread: 0, bob: 'bob' });
  renders = 0;
  general.send(bob, server.id(), 'hello');
  await advance(10);
  expect(shown(container)).toMatchObject({ bodies: ['hello:sent'], unread: 1 });
  // StrictMode renders twice.
  expect(renders).toBe(2);
  act(() => void client.channel(general.id).send('mine'));
  expect(shown(container)).toMatchObject({ bodies: ['hello:sent', 'mine:sending'] });
  server.tell(server.user('ann').id, { t: 'presence', presence: [{ userId: bob, status: 'away', lastSeen: null }] });
  server.tell(server.user('ann').id, { t: 'typing', channel: general.id, userId: bob, on: true });
  await advance(20);
  expect(shown(container)).toMatchObject({ bodies: ['hello:sent', 'mine:sent'], presence: 'away', typists: 1 });
  act(() => root.unmount());
  renders = 0;
  general.send(bob, server.id(), 'unseen');
  await advance(6_100);
  expect(renders).toBe(0);
  // Nobody looks at bob any more.
  expect(server.commands.findLast(({ name }) => name === 'presence.watch')?.input).toEqual({ userIds: [] });
});

test('what a server renders is what a browser begins with, however far the client is by then', async () => {
  const html = renderToString(app());
  expect(html).toContain('idle');
  const connected = client.connect();
  await clock.advance(200);
  await connected;
  const container = document.createElement('div');
  container.innerHTML = html;
  const errors = vi.spyOn(console, 'error').mockImplementation(() => {});
  const onRecoverableError = vi.fn();
  const root = hydrateRoot(container, app(), { onRecoverableError });
  await advance(200);
  expect(shown(container)).toMatchObject({ current: 'online', names: ['general'] });
  expect(onRecoverableError).not.toHaveBeenCalled();
  expect(errors).not.toHaveBeenCalled();
  errors.mockRestore();
  act(() => root.unmount());
});

test('a missing provider throws', () => {
  expect(() => renderToString(createElement(Chat))).toThrow('there is no <ParleyProvider>');
});
