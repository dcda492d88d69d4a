import { expect, test } from 'vitest';
import { makePerson } from '../support/people.ts';
import { message, PATIENCE_MS, useWorld } from './support/world.ts';

const poll = { timeout: PATIENCE_MS, interval: 50 };
const world = useWorld();

test('a conversation leads from one unread mention to the next, in a thread as well', async () => {
  const yara = await makePerson(world.server.url, 'Yara');
  const zoe = await makePerson(world.server.url, 'Zoe');
  const channel = await yara.client.createChannel({
    kind: 'private',
    name: 'busy',
    memberIds: [zoe.signedIn.user.id],
  });
  const root = await channel.send('the beginning');
  for (let number = 1; number <= 120; number++) {
    await channel.send(number === 50 || number === 100 ? `@zoe number ${number}` : `number ${number}`);
  }
  const thread = await yara.client.channel(channel.id).openThread(root.id);
  await zoe.client.call('thread.follow', { channelId: thread.channel.id, on: true });
  for (let number = 1; number <= 60; number++) {
    await yara.client.channel(thread.channel.id).send(number === 40 ? `@zoe reply ${number}` : `reply ${number}`);
  }

  const page = await world.open(zoe, { hash: `#/c/${channel.id}` });
  await message(page, 'the beginning').waitFor();
  await page.getByRole('button', { name: '2 mentions of you' }).click();
  await message(page, 'number 50').waitFor();
  await page.getByRole('button', { name: '1 mention of you' }).click();
  await message(page, 'number 100').waitFor();
  expect(page.url()).toMatch(/\/m\/101$/);
  await expect.poll(() => page.getByRole('button', { name: /mentions? of you/ }).count(), poll).toBe(0);

  await page.goto(`${world.server.url}/#/threads`);
  await page.getByText('Mentions you').waitFor();
  await page.getByText('reply 40').click();
  await page.getByRole('button', { name: '1 mention of you' }).click();
  await page.locator('.pane').locator('article').filter({ hasText: 'reply 40' }).waitFor();
});
