import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { makeOwner, makePerson } from '../support/people.ts';
import { message, useWorld } from './support/world.ts';

const world = useWorld();
const dialog = (page: Page) => page.getByRole('dialog');
const focused = (page: Page) =>
  page.evaluate('document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent');

test('to change the words of a status leaves whoever is invisible invisible', async () => {
  const ivy = await makePerson(world.server.url, 'Ivy');
  await ivy.client.presence.set({ status: 'invisible' });
  const page = await world.open(ivy);
  await page.getByRole('button', { name: /Ivy.*Offline/ }).click();
  await page.getByRole('menuitem', { name: 'Set status' }).click();
  expect(await page.getByRole('radio', { name: 'Invisible' }).isChecked()).toBe(true);
  await page.getByLabel('What you are doing').fill('On a train');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: /Ivy.*On a train/ }).waitFor();
  const { presence } = await ivy.client.call('presence.watch', { userIds: [ivy.signedIn.user.id] });
  expect(presence).toMatchObject([{ availability: 'invisible', statusText: 'On a train' }]);
});

test('whoever types and chooses at once chooses nobody else', async () => {
  await makePerson(world.server.url, 'Abe');
  await makePerson(world.server.url, 'Zoe');
  const page = await world.open(await makePerson(world.server.url, 'Gus'));
  await page.getByRole('button', { name: 'New message' }).first().click();
  const field = dialog(page).getByRole('searchbox');
  await dialog(page).getByRole('button', { name: /Abe/ }).waitFor();
  await field.fill('zoe');
  await field.press('Enter');
  const chosen = dialog(page).getByRole('button', { name: /^Remove/ });
  await expect
    .poll(async () => {
      if ((await field.inputValue()) !== '') await field.press('Enter');
      return chosen.allTextContents();
    })
    .toEqual([expect.stringContaining('Zoe')]);
});

test('a message is forwarded to what is chosen last, and only to where one may write', async () => {
  const { client, signedIn } = await makePerson(world.server.url, 'Fay');
  const [alpha, beta, old] = await Promise.all(
    ['alpha', 'beta', 'bygone'].map((name) => client.createChannel({ kind: 'private', name, memberIds: [] })),
  );
  if (alpha === undefined || beta === undefined || old === undefined) throw new Error('the channels are not there');
  await alpha.send('pass it on');
  await old.archive();
  const page = await world.open({ client, signedIn }, { hash: `#/c/${alpha.id}` });
  await message(page, 'pass it on').hover();
  await page.getByRole('toolbar').getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Forward' }).click();
  const targets = dialog(page).getByRole('list', { name: 'Conversations and people' });
  const forward = dialog(page).getByRole('button', { name: 'Forward', exact: true });
  const to = dialog(page).getByRole('searchbox', { name: 'To' });
  await targets.getByRole('button', { name: 'alpha' }).click();
  await to.fill('b');
  await targets.getByRole('button', { name: 'beta' }).waitFor();
  expect(await targets.getByRole('button', { name: 'bygone' }).count()).toBe(0);
  expect(await forward.isDisabled()).toBe(true);
  await to.press('Enter');
  await targets.getByRole('button', { name: 'beta' }).click();
  await forward.click();
  await page.getByText('Forwarded to beta').waitFor();
  await page.getByRole('heading', { name: 'beta', level: 1 }).waitFor();
  await message(page, 'pass it on').locator('[data-status=sent]').waitFor();
});

test('what went wrong in a dialog is told on top of it, and the focus goes back with its end', async () => {
  const [owner, ben] = [await makePerson(world.server.url, 'Oda'), await makePerson(world.server.url, 'Ben')];
  const channel = await owner.client.createChannel({ kind: 'public', name: 'closed', memberIds: [] });
  await channel.ban(ben.signedIn.user.id);
  const page = await world.open(ben);
  await page.getByRole('button', { name: 'Browse channels' }).first().click();
  await dialog(page).getByRole('button', { name: 'Join closed' }).click();
  const notice = page.getByText('You cannot join this channel.');
  await notice.locator('..').getByRole('button', { name: 'Close' }).click();
  await expect.poll(() => notice.count()).toBe(0);
  expect(await dialog(page).count()).toBe(1);
  // What is told behind a dialog is still there after it.
  await dialog(page).getByRole('button', { name: 'Join closed' }).click();
  await notice.waitFor();
  await page.keyboard.press('Escape');
  await expect.poll(() => dialog(page).count()).toBe(0);
  expect(await notice.count()).toBe(1);
  await expect.poll(() => focused(page)).toBe('Browse channels');
});

test('the theme changes as often as one likes, and the title forgets who has left', async () => {
  const [una, tim] = [await makeOwner(world.server, 'Una'), await makePerson(world.server.url, 'Tim')];
  const direct = await una.client.openDirect([tim.signedIn.user.id]);
  await direct.send('are you there?');
  const page = await world.open(tim, { colorScheme: 'light' });
  await expect.poll(() => page.title()).toMatch(/^\(1\)/);
  const own = page.getByRole('button', { name: /Tim/ });
  for (const theme of ['Dark', 'Light', 'Dark']) {
    await own.click();
    await page.getByRole('menuitem', { name: `${theme} theme` }).click();
    await expect.poll(() => page.locator('html').getAttribute('data-theme')).toBe(theme.toLowerCase());
  }
  await own.click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await dialog(page).getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('User name').waitFor();
  await expect.poll(() => page.title()).toBe('Parley');
});
