import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ChannelId, makeUuid } from '@parley/protocol';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestRedis } from '../../packages/server/src/testing/test-redis.ts';
import { makeOwner, type Person } from '../support/people.ts';
import { message, useWorld } from './support/world.ts';

const env: Record<string, string> = { PARLEY_WEBHOOK_RANGES: '127.0.0.0/8' };
let redis: TestRedis;
let receiver: Server;
const told: string[] = [];
beforeAll(async () => {
  redis = await TestRedis.start();
  env.REDIS_URL = redis.url;
  receiver = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (text: string) => told.push(text));
    request.on('end', () => response.end());
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
});
// Behind the server, which ends before them.
afterAll(async () => {
  receiver.close();
  await redis.stop();
});
const world = useWorld(env);
let owner: Person;
let channelId: ChannelId;
beforeAll(async () => {
  owner = await makeOwner(world.server, 'Olga');
  channelId = (await owner.client.createChannel({ kind: 'public', name: 'builds' })).id;
});

const menu = async (page: Page, name: string, item: string) => {
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: item }).click();
};
const secretOf = (page: Page, label: string) =>
  page.getByRole('dialog').getByLabel(label, { exact: true }).inputValue();

test('an operator makes a webhook that writes here, and ends it', async () => {
  const page = await world.open(owner, { hash: '#/admin/webhooks' });
  await page.getByRole('button', { name: 'New webhook' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Builds');
  await page.getByLabel('Channel', { exact: true }).selectOption({ label: '#builds' });
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByRole('heading', { name: 'The address is ready' }).waitFor();
  const address = await secretOf(page, 'Address');
  await page.getByRole('button', { name: 'Close', exact: true }).last().click();
  await page.getByText('Writes to #builds').waitFor();
  const post = () =>
    fetch(address, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'all is green' }),
    });
  expect((await post()).status).toBe(200);

  await menu(page, 'Builds', 'Edit');
  await page.getByLabel('Name', { exact: true }).fill('Nightly');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.locator('.rows').getByText('Nightly').waitFor();
  await menu(page, 'Nightly', 'Delete');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('There is no webhook yet').waitFor();
  expect((await post()).status).not.toBe(200);
  await page.goto(`${world.server.url}/#/c/${channelId}`);
  await message(page, 'all is green').waitFor();
});

test('an operator has a program told of messages, pauses it, and has it told again', async () => {
  const page = await world.open(owner, { hash: '#/admin/webhooks' });
  await page.getByRole('button', { name: 'New webhook' }).click();
  await page.getByLabel('Outgoing').check();
  await page.getByLabel('Name', { exact: true }).fill('Archive');
  const { port } = receiver.address() as AddressInfo;
  await page.getByLabel('Address to tell').fill(`http://127.0.0.1:${port}/`);
  await page.getByLabel('Deleted messages').uncheck();
  await page.getByRole('button', { name: 'Create', exact: true }).click();
  await page.getByRole('heading', { name: 'The webhook is ready' }).waitFor();
  expect(await secretOf(page, 'Secret')).toMatch(/^whsec_/);
  await page.getByRole('button', { name: 'Close', exact: true }).last().click();
  await page.getByText(`Tells 127.0.0.1:${port} of all public channels`).waitFor();

  const channel = owner.client.channel(channelId);
  await channel.send('for the archive');
  await expect.poll(() => told.filter((text) => text.includes('for the archive')).length).toBe(1);
  await menu(page, 'Archive', 'Deliveries');
  const dialog = page.getByRole('dialog');
  const row = dialog.locator('.rows li').filter({ hasText: 'message.created' }).first();
  await row.getByText('Delivered').waitFor();
  await row.getByRole('button', { name: 'Tell again from here' }).click();
  await expect.poll(() => told.filter((text) => text.includes('for the archive')).length).toBe(2);
  await dialog.getByRole('button', { name: 'Close' }).first().click();

  await menu(page, 'Archive', 'Pause');
  await page.getByText('Paused', { exact: true }).waitFor();
  await menu(page, 'Archive', 'Activate');
  await expect.poll(() => page.getByText('Paused', { exact: true }).count()).toBe(0);
});

test('an operator sees what was set aside, has it repeated, and drops what nobody can read', async () => {
  const page = await world.open(owner, { hash: '#/admin/queue' });
  await page.getByText('Nothing is set aside.').waitFor();
  const prefix = await prefixInRedis();
  const plain = { replyTo: null, mentions: null, everyone: null, attachments: null, accessRev: 1, acceptedAt: 0 };
  const senderId = owner.signedIn.user.id;
  const entry = { ...plain, channelId, rootId: channelId, id: makeUuid(), senderId, body: 'late, but here' };
  const park = (text: string, why: string) => redis.ask('XADD', `${prefix}queue:dead`, '*', 'e', text, 'why', why);
  await park(JSON.stringify(entry), 'refused by the database');
  await park('of another version', 'unreadable');
  const rows = page.locator('.rows li');
  await page.reload();
  await rows.filter({ hasText: 'Olga in #builds' }).getByRole('button', { name: 'Try again' }).click();
  await expect.poll(() => rows.count()).toBe(1);
  expect(await rows.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  await rows.getByRole('button', { name: 'Drop' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Drop' }).click();
  await page.getByText('Nothing is set aside.').waitFor();
  await page.goto(`${world.server.url}/#/c/${channelId}`);
  await message(page, 'late, but here').waitFor();
});

/** What the server puts before all that it keeps in Redis. */
async function prefixInRedis(): Promise<string> {
  const keys = (await redis.ask('KEYS', 'parley:*')) as string[];
  return /^parley:\d+:[^:]+:/.exec(keys[0] ?? '')?.[0] ?? '';
}
