import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { makePerson } from '../support/people.ts';
import { message, useWorld } from './support/world.ts';

const world = useWorld();
const pane = (page: Page) => page.getByRole('complementary');
const focused = (page: Page) => page.evaluate('document.activeElement.getAttribute("aria-label")');

test('pins and threads show messages that are only a file, and pins forget what is deleted', async () => {
  const { client, signedIn } = await makePerson(world.server.url, 'Pam');
  const channel = await client.createChannel({ kind: 'private', name: 'board', memberIds: [] });
  const file = await client.upload(new Blob(['abc'], { type: 'text/plain' }), { name: 'minutes.txt' });
  const [secret, minutes] = [await channel.send('a secret'), await channel.send('', { attachments: [file.id] })];
  for (const { id } of [secret, minutes]) await channel.pin(id);
  const page = await world.open({ client, signedIn }, { hash: `#/c/${channel.id}/pins` });
  await pane(page).getByText('a secret').waitFor();
  await pane(page).getByText('minutes.txt').waitFor();
  await channel.delete(secret.id);
  await expect.poll(() => pane(page).getByText('a secret').count()).toBe(0);

  const { channel: thread } = await channel.openThread(minutes.id);
  await page.goto(`${world.server.url}/#/c/${channel.id}/thread/${thread.id}`);
  await pane(page).getByText('minutes.txt').waitFor();
});

test('Escape closes what is open over a pane, and the pane only after it', async () => {
  const { client, signedIn } = await makePerson(world.server.url, 'Eve');
  const channel = await client.createChannel({ kind: 'private', name: 'talk', memberIds: [] });
  const root = await channel.send('the beginning');
  const { channel: thread } = await channel.openThread(root.id);
  await client.channel(thread.id).send('an answer');
  const page = await world.open({ client, signedIn }, { hash: `#/c/${channel.id}/thread/${thread.id}` });
  const keys = page.keyboard;
  const reply = pane(page).getByRole('textbox');
  const emoji = pane(page).locator('.composer').getByRole('button', { name: 'Emoji', exact: true });
  const picker = page.getByRole('dialog', { name: 'Emoji' });

  await emoji.press('Enter');
  await picker.waitFor();
  await keys.press('Escape');
  await expect.poll(() => picker.count()).toBe(0);
  await emoji.press('Enter');
  await picker.waitFor();
  await keys.press('ArrowDown');
  await keys.press('Enter');
  await expect.poll(() => reply.inputValue()).not.toBe('');

  // A reaction that is chosen by keys leaves the focus where it came from.
  await message(page, 'an answer').focus();
  await keys.press('ArrowUp');
  const react = pane(page).getByRole('button', { name: 'Add reaction' });
  await react.press('Enter');
  await picker.waitFor();
  await keys.press('ArrowDown');
  await keys.press('Enter');
  await expect.poll(() => picker.count()).toBe(0);
  await expect.poll(() => focused(page)).toBe('Add reaction');

  await message(page, 'an answer').focus();
  await keys.press('r');
  const cancel = pane(page).getByRole('button', { name: 'Do not reply' });
  await cancel.waitFor();
  await keys.press('Escape');
  await expect.poll(() => cancel.count()).toBe(0);
  expect(await pane(page).count()).toBe(1);
  await keys.press('Escape');
  await expect.poll(() => pane(page).count()).toBe(0);
});
