import type { PresenceData } from '@parley/protocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { App } from './app.ts';
import { SocketClient } from './testing/socket-client.ts';
import { createTestDatabase, type TestDatabase } from './testing/test-database.ts';
import { waitFor } from './testing/wait-for.ts';
import { type ServedApp, serveApp } from './testing/whole-server.ts';

const METRICS_TOKEN = 'metrics-token-of-the-test';
let database: TestDatabase;
let app: App;
let url: string;
let call: ServedApp['call'];

beforeAll(async () => {
  database = await createTestDatabase();
  ({ app, url, call } = await serveApp(database.config, { PARLEY_METRICS_TOKEN: METRICS_TOKEN }));
});
afterAll(async () => {
  await app.close();
  await database.drop();
});

const post = (path: string, body: object, token?: string) => call('POST', path, body, token);
const socket = (token: string) => SocketClient.connect(`${url.replace('http', 'ws')}/v1/socket`, token);

describe('a whole server', () => {
  test('[APP1] the owner link makes an owner once; people who sign up find themselves in a channel and talk', async () => {
    const ownerToken = (await app.ensureOwnerToken()) ?? '';
    const claim = { ownerToken, username: 'ada', password: 'correct horse' };
    const owner = await post('/auth/claim-owner', claim);
    expect(owner.body).toMatchObject({ user: { username: 'ada', role: 'owner' } });
    expect((await post('/auth/claim-owner', { ...claim, username: 'eve' })).status).toBeGreaterThanOrEqual(400);
    const member = await post('/auth/sign-up', { username: 'bob', password: 'correct horse' });
    const [ada, bob] = [await socket(owner.body.token as string), await socket(member.body.token as string)];
    const joined = (await bob.until('sync')).joined;
    expect(joined.map(({ channel }) => channel.name)).toEqual(['general']);
    const channelId = joined[0]?.channel.id as never;
    const id = '01a20a4f-59ec-78cf-a9eb-7f49f5f6998f' as never;
    await bob.run('message.send', { channelId, id, body: 'hello @ada' });
    const event = await ada.until('message');
    expect(event.message).toMatchObject({ body: 'hello @ada', mentions: [expect.any(String)] });
    const again = await post(
      `/channels/${String(channelId)}/messages`,
      { id, body: 'hello @ada' },
      member.body.token as string,
    );
    expect(again.body).toMatchObject({ seq: 1, rev: event.rev });
    for (const client of [ada, bob]) client.close();
  });

  test('[DOOR6] signing out over REST ends the session’s socket, and only that one', async () => {
    const sign = () => post('/auth/sign-in', { username: 'bob', password: 'correct horse' });
    const [first, second] = [await sign(), await sign()];
    const [one, two] = [await socket(first.body.token as string), await socket(second.body.token as string)];
    await post('/auth/sign-out', {}, first.body.token as string);
    expect((await one.closed).code).toBe(4501);
    two.say({ t: 'ping' });
    await two.until('pong');
    two.close();
  });

  test('[PRES5] [TYP1] [DEL7] one sees who is here, who types and who has read it, unless they hide it', async () => {
    const sign = (username: string) => post('/auth/sign-in', { username, password: 'correct horse' });
    const [ada, bob] = [await sign('ada'), await sign('bob')];
    const owner = await socket(ada.body.token as string);
    const channelId = (await owner.until('sync')).joined[0]?.channel.id as never;
    const bobId = (bob.body.user as { id: string }).id as never;
    // His sockets of before may still be believed for a moment.
    await waitFor('bob is offline', async () => {
      const { presence } = (await owner.run('presence.watch', { userIds: [bobId] })) as { presence: PresenceData[] };
      return presence[0]?.userId === bobId && presence[0].status === 'offline';
    });
    const member = await socket(bob.body.token as string);
    await owner.until('presence', ({ presence: [state] }) => state?.status === 'online');
    await member.run('typing.set', { channelId, on: true });
    await owner.until('typing', (frame) => frame.userId === bobId && frame.on);
    const ids = ['01a20a4f-59ec-78cf-a9eb-bbbbbbbbbbb1', '01a20a4f-59ec-78cf-a9eb-bbbbbbbbbbb2'] as never[];
    const sendAndRead = async (id: never) => {
      const { seq } = (await owner.run('message.send', { channelId, id, body: 'x' })) as { seq: number };
      await member.run('receipt.read', { cursors: [{ channelId, seq }] });
      await owner.until('receipts', ({ receipts }) => receipts.some((one) => one.deliveredSeq === seq));
      return await owner.run('receipt.status', { channelId, messageId: id });
    };
    expect(await sendAndRead(ids[0] as never)).toMatchObject({ status: { status: 'read' }, readBy: [bobId] });
    expect(await member.run('me.update', { hideReceipts: true })).toMatchObject({ hideReceipts: true });
    expect(await sendAndRead(ids[1] as never)).toMatchObject({ status: { status: 'delivered' }, read: 0, readBy: [] });
    expect(await member.run('me.get', {})).toMatchObject({ username: 'bob', hideReceipts: true });
    member.close();
    await waitFor('bob is told to have gone', () => owner.of('presence').at(-1)?.presence[0]?.status === 'offline');
    owner.close();
  });

  test('[HUB3] a kicked member gets the event that says so, and nothing after it', async () => {
    const ada = await post('/auth/sign-in', { username: 'ada', password: 'correct horse' });
    const bob = await post('/auth/sign-in', { username: 'bob', password: 'correct horse' });
    const [owner, member] = [await socket(ada.body.token as string), await socket(bob.body.token as string)];
    const channelId = (await owner.until('sync')).joined[0]?.channel.id as never;
    const bobId = (await member.until('welcome')).user.id;
    const kick = owner.run('member.kick', { channelId, userId: bobId });
    const sends = Array.from({ length: 50 }, (_, index) =>
      owner.run('message.send', {
        channelId,
        id: `01a20a4f-59ec-78cf-a9eb-0000000000${String(index).padStart(2, '0')}` as never,
        body: String(index),
      }),
    );
    await Promise.all([kick, ...sends]);
    const farewell = await member.until('members', (event) => event.left.includes(bobId));
    member.say({ t: 'ping' });
    await member.until('pong');
    expect(member.of('message').filter((event) => event.rev > farewell.rev)).toEqual([]);
    expect(await member.ask('message.history', { channelId })).toMatchObject({ t: 'ok' });
    expect(
      await member.ask('message.send', { channelId, id: '01a20a4f-59ec-78cf-a9eb-7f49f5f6aaaa' as never, body: 'x' }),
    ).toMatchObject({
      t: 'error',
      code: 'forbidden',
    });
    for (const client of [owner, member]) client.close();
  });

  test('[MET2] metrics are told to whoever knows the token, and name nothing that a client has made up', async () => {
    const ask = (token: string) => fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } });
    expect((await ask('wrong')).status).toBe(401);
    const ada = await post('/auth/sign-in', { username: 'ada', password: 'correct horse' });
    const client = await socket(ada.body.token as string);
    client.say({ t: 'made.up.by.a.client', ref: 1, d: {} });
    await client.until('error');
    const text = await (await ask(METRICS_TOKEN)).text();
    expect(text).toMatch(/^parley_ws_connections 1$/m);
    expect(text).toMatch(/^parley_messages_committed_total [1-9]/m);
    expect(text).toMatch(/^parley_commands_total\{operation="message.send",code="ok"\} [1-9]/m);
    for (const leg of ['commit', 'write', 'road'])
      expect(text).toMatch(new RegExp(`^parley_message_${leg}_seconds_count [1-9]`, 'm'));
    expect(text).toMatch(/^parley_resumes_total\{kind="fresh"\} [1-9]/m);
    expect(text).toMatch(/^parley_commands_total\{operation="unknown",code="unknown_command"\} 1$/m);
    expect(text).not.toContain('made.up');
    client.close();
  });
});
