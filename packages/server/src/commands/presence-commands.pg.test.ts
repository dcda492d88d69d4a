import type { ChannelId, PresenceData } from '@parley/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Subscriber } from '../hub/subscriber.ts';
import { systemClock } from '../lib/clock.ts';
import { encodeFrame } from '../outbox/frame.ts';
import { MemoryPresenceStore } from '../presence/memory-presence-store.ts';
import { PRESENCE_TOPIC, PresenceRoom } from '../presence/presence-room.ts';
import { Typing } from '../presence/typing.ts';
import { query } from '../storage/postgres.ts';
import { addChannel, addUser, type MigratedDatabase, migratedDatabase } from '../testing/migrated-database.ts';
import { SocketClient } from '../testing/socket-client.ts';
import { startTestNode, type TestNode } from '../testing/test-node.ts';
import type { Handlers } from './handler.ts';
import { presenceHandlers } from './presence-commands.ts';

let database: MigratedDatabase;
let node: TestNode;
let room: PresenceRoom<Subscriber> | null = null;
const clients: SocketClient[] = [];

beforeAll(async () => {
  database = await migratedDatabase();
  node = await startTestNode(
    database,
    {},
    {
      handlersOf(rooms) {
        room = new PresenceRoom<Subscriber>({
          ...rooms,
          store: new MemoryPresenceStore('test', systemClock),
          tell: (devices, json) => {
            const frame = encodeFrame(json, true);
            return devices.filter((device) => !device.outbox.push(frame));
          },
          onError: () => {},
        });
        const typing = new Typing(rooms.fanout, rooms.clock);
        return presenceHandlers({ access: rooms.access, presence: room, typing }) as Handlers;
      },
      onReady: (session) => room?.opened(session),
      onGone: (session) => room?.gone(session),
      onNodeNotice: (topic, payload) => {
        if (topic === PRESENCE_TOPIC) room?.noticed(payload);
      },
    },
  );
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(async () => {
  await node.stop();
  await room?.drain();
  await database.drop();
});

async function connect(userId: string): Promise<SocketClient> {
  const client = await SocketClient.connect(node.url, userId);
  clients.push(client);
  return client;
}

describe('presence and typing over sockets', () => {
  test('[PRES5] [PRES6] a watcher is answered with states, and hears of who comes, rests and goes', async () => {
    const [ann, ben] = await Promise.all(['pres-ann', 'pres-ben'].map((name) => addUser(database, name)));
    if (ann === undefined || ben === undefined) throw new Error('no users');
    const watcher = await connect(ann);
    const { presence } = (await watcher.run('presence.watch', { userIds: [ben] })) as { presence: PresenceData[] };
    expect(presence).toEqual([{ userId: ben, status: 'offline', lastSeen: null }]);
    const hears = (status: string) =>
      watcher.until('presence', ({ presence: [state] }) => state?.userId === ben && state.status === status);
    const phone = await connect(ben);
    await hears('online');
    await phone.run('presence.set', { idle: true });
    await hears('away');
    await phone.run('presence.set', { status: 'online', statusText: 'busy', statusEmoji: '🔧' });
    await watcher.until('presence', ({ presence: [state] }) => state?.statusText === 'busy');
    phone.close();
    expect((await hears('offline')).presence[0]).toMatchObject({ statusText: 'busy' });
    const asked = (await watcher.run('presence.get', { userIds: [ben] })) as { presence: PresenceData[] };
    expect(asked.presence[0]?.lastSeen).toBeGreaterThan(0);
    expect(await watcher.ask('presence.set', { statusEmoji: 'free text' })).toMatchObject({ code: 'bad_request' });
  });

  test('[TYP2] members see who types; those who may not send, or are not in the channel, cannot type', async () => {
    const [ann, ben, eve] = await Promise.all(
      ['type-ann', 'type-ben', 'type-eve'].map((name) => addUser(database, name)),
    );
    if (ann === undefined || ben === undefined || eve === undefined) throw new Error('no users');
    const channelId = await addChannel(database, [ann, ben]);
    const quiet: ChannelId = await addChannel(database, [ann, ben]);
    await query(database.db, `UPDATE channels SET permissions = '{"member":["channel.read"]}' WHERE id = $1`, [quiet]);
    const [annHere, benHere, eveHere] = await Promise.all([ann, ben, eve].map((userId) => connect(userId)));
    if (!annHere || !benHere || !eveHere) throw new Error('no clients');
    expect(await benHere.run('typing.set', { channelId, on: true })).toEqual({});
    expect(await annHere.until('typing')).toEqual({ t: 'typing', channel: channelId, userId: ben, on: true });
    expect(await annHere.run('presence.get', { userIds: [ben] })).toMatchObject({ presence: [{ isTyping: true }] });
    const asked = (await eveHere.run('presence.get', { userIds: [ben] })) as { presence: PresenceData[] };
    expect(asked.presence[0]).not.toHaveProperty('isTyping');
    expect(await benHere.ask('typing.set', { channelId: quiet, on: true })).toMatchObject({ code: 'forbidden' });
    expect(await eveHere.ask('typing.set', { channelId, on: true })).toMatchObject({ code: 'not_found' });
    await benHere.run('typing.set', { channelId, on: false });
    await annHere.until('typing', (frame) => !frame.on);
    expect(eveHere.of('typing')).toEqual([]);
  });
});
