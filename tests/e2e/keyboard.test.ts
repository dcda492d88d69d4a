import { expect, test } from 'vitest';
import { makeOwner, makePerson, PASSWORD } from '../support/people.ts';
import { composer, message, useWorld } from './support/world.ts';

const world = useWorld();

test('everything can be done without a pointer', async () => {
  const owner = await makeOwner(world.server, 'Olga');
  const kim = await makePerson(world.server.url, 'Kim');
  const channel = await owner.client.createChannel({
    kind: 'public',
    name: 'planning',
    memberIds: [kim.signedIn.user.id],
  });
  for (const text of ['first', 'second', 'third']) await channel.send(text);

  const page = await world.open(null);
  const keys = page.keyboard;
  const focused = () =>
    page.evaluate<string>('document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent');
  await page.getByLabel('User name').waitFor();
  await keys.type('kim');
  await keys.press('Tab');
  await keys.type(PASSWORD);
  await keys.press('Enter');
  await page.getByRole('button', { name: /Kim/ }).waitFor();

  await keys.press('Control+k');
  await page.getByRole('combobox').waitFor();
  await keys.type('plan');
  await page.getByRole('option', { name: /planning/ }).waitFor();
  await keys.press('Enter');
  await message(page, 'third').waitFor();

  // From region to region, then from message to message.
  await keys.press('F6');
  await keys.press('F6');
  await expect.poll(() => page.evaluate('document.activeElement.closest("[role=log]") !== null')).toBe(true);
  await keys.press('ArrowUp');
  await expect.poll(() => page.evaluate('document.activeElement.textContent')).toContain('second');
  await keys.press('r');
  await expect.poll(focused).toBe('Message #planning');
  await keys.type('answer to second');
  await keys.press('Enter');
  await message(page, 'answer to second')
    .getByRole('button', { name: /second/ })
    .waitFor();
  // Nothing is edited that is still on its way.
  await message(page, 'answer to second').locator('[data-status]').waitFor();

  await keys.press('ArrowUp');
  await expect.poll(focused).toBe('Edit the message');
  await keys.type(' indeed');
  await keys.press('Enter');
  await message(page, 'answer to second indeed').waitFor();
  await expect.poll(focused).toBe('Message #planning');

  await keys.press('Shift+F6');
  await expect.poll(() => page.evaluate('document.activeElement.closest("[role=log]") !== null')).toBe(true);
  await keys.press('t');
  const thread = page.getByRole('complementary', { name: 'Thread' });
  await expect.poll(() => thread.evaluate((pane) => pane.contains(document.activeElement))).toBe(true);
  await keys.press('Escape');
  await expect.poll(() => page.getByRole('complementary').count()).toBe(0);

  await keys.press('Control+k');
  await page.getByRole('dialog').waitFor();
  await keys.press('Escape');
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  await composer(page).focus();
  await keys.type('done :tad');
  await page.getByRole('option', { name: /:tada:/ }).waitFor();
  await keys.press('Tab');
  await keys.press('Enter');
  await message(page, 'done 🎉').waitFor();
});

test('a menu takes the focus, moves by arrows and letters, and gives the focus back', async () => {
  const uma = await makePerson(world.server.url, 'Uma');
  const vic = await makePerson(world.server.url, 'Vic');
  const direct = await uma.client.openDirect([vic.signedIn.user.id]);
  await direct.send('mine');
  const page = await world.open(uma, { hash: `#/c/${direct.id}` });
  const keys = page.keyboard;
  await message(page, 'mine').focus();
  // Focus by script shows nothing; a key does.
  await keys.press('ArrowUp');
  await page.getByRole('toolbar').getByRole('button', { name: 'More' }).focus();
  await keys.press('Enter');
  await page.getByRole('menuitem', { name: 'Edit' }).waitFor();
  await expect.poll(() => page.evaluate('document.activeElement.textContent')).toMatch(/^Edit/);
  await keys.press('ArrowUp');
  await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Delete');
  await keys.press('p');
  await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Pin');
  await keys.press('Escape');
  await expect.poll(() => page.getByRole('menu').count()).toBe(0);
  await expect.poll(() => page.evaluate('document.activeElement.getAttribute("aria-label")')).toBe('More');
});

test('who opens a conversation with the pointer and writes at once, writes in it', async () => {
  const wes = await makePerson(world.server.url, 'Wes');
  await wes.client.createChannel({ kind: 'private', name: 'plans', memberIds: [] });
  const page = await world.open(wes, { hash: '#/' });
  await page.getByRole('link', { name: 'plans' }).click();
  await composer(page).waitFor();
  await page.keyboard.type('Hello, is this on?');
  await expect.poll(() => composer(page).inputValue()).toBe('Hello, is this on?');
  await page.keyboard.press('Enter');
  await message(page, 'Hello, is this on?').waitFor();
});

test('what was formatted or completed can be undone, and a key that ends a word of an input method does nothing else', async () => {
  const yui = await makePerson(world.server.url, 'Yui');
  const channel = await yui.client.createChannel({ kind: 'private', name: 'notes', memberIds: [] });
  await channel.send('first words');
  const page = await world.open(yui, { hash: `#/c/${channel.id}` });
  const keys = page.keyboard;
  const value = () => composer(page).inputValue();
  await composer(page).focus();
  await keys.type('so it is');
  for (let count = 0; count < 2; count++) await keys.press('Shift+ArrowLeft');
  await keys.press('Control+b');
  await expect.poll(value).toBe('so it **is**');
  await keys.press('Control+i');
  await expect.poll(value).toBe('so it **_is_**');
  await keys.press('Control+z');
  await expect.poll(value).toBe('so it **is**');
  await keys.press('Control+z');
  await expect.poll(value).toBe('so it is');
  await keys.press('End');
  await keys.type(' :tad');
  await page.getByRole('option', { name: /:tada:/ }).waitFor();
  await keys.press('Tab');
  await expect.poll(value).toBe('so it is 🎉 ');
  await keys.press('Control+z');
  await expect.poll(value).toBe('so it is :tad');
  await keys.press('Escape');

  // As Safari tells of the Enter that ends a word.
  const pressed = (key: string) =>
    `!document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: '${key}', keyCode: 229, bubbles: true, cancelable: true }))`;
  expect(await page.evaluate(pressed('Enter'))).toBe(false);
  expect(await value()).toBe('so it is :tad');
  await composer(page).fill('');
  await keys.press('ArrowUp');
  const editor = page.getByRole('textbox', { name: 'Edit the message' });
  await editor.fill('better words');
  expect(await page.evaluate(pressed('Enter'))).toBe(false);
  expect(await page.evaluate(pressed('Escape'))).toBe(false);
  expect(await editor.inputValue()).toBe('better words');
  await keys.press('Enter');
  await message(page, 'better words').waitFor();
});
