import type { Locator } from 'playwright-core';
import { expect, test } from 'vitest';
import { makePerson } from '../support/people.ts';
import { composer, message, useWorld, watchText, write } from './support/world.ts';

const world = useWorld();
const PASSWORD = 'a long enough password';

test('from the owner’s link over an invitation to two people who talk and see how far it got', async () => {
  const owner = await world.open(null, { hash: `#/welcome/${world.server.ownerToken()}` });
  await owner.getByLabel('Your name').fill('Ada Lovelace');
  await expect.poll(() => owner.getByLabel('User name').inputValue()).toBe('ada.lovelace');
  await owner.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await owner.getByRole('button', { name: 'Start' }).click();
  await owner.getByRole('button', { name: /Ada Lovelace/ }).waitFor();
  expect(owner.url()).not.toContain('welcome');

  await owner.getByRole('button', { name: 'Browse channels' }).click();
  await owner.getByRole('button', { name: 'Create a channel' }).click();
  await owner.getByLabel('Name').fill('engines');
  await owner.getByRole('button', { name: 'Create channel' }).click();
  await owner.getByRole('heading', { name: 'engines', level: 1 }).waitFor();
  await write(owner, 'Is **anybody** there?');
  await message(owner, 'Is anybody there?').locator('[data-status=sent]').waitFor();

  await owner.getByRole('button', { name: 'Details' }).click();
  await owner.getByRole('button', { name: 'Invite by link' }).click();
  await owner.getByRole('button', { name: 'Make link' }).click();
  const link = await owner.getByLabel('Invitation link').inputValue();
  await owner.getByRole('dialog').getByRole('button', { name: 'Close' }).first().click();

  const guest = await world.open(null, { hash: new URL(link).hash });
  await guest.getByLabel('Your name').fill('Charles Babbage');
  await guest.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await guest.getByRole('button', { name: 'Create account' }).click();
  await guest.getByRole('heading', { name: 'engines', level: 1 }).waitFor();
  await message(guest, 'Is anybody there?').waitFor();
  await write(owner, 'Hello, Charles');
  // He has it in sight: it is read, and she sees that.
  await message(owner, 'Hello, Charles').locator('[data-status=read]').waitFor();

  // What is typed is told for some seconds, and said aloud once: on a busy machine either would be over before it is looked for.
  const seen = await watchText(owner, ['.typing-line', '[data-region=polite]']);
  await expect
    .poll(async () => {
      await composer(guest).pressSequentially('e');
      return (await seen()).filter((text) => text.includes('Charles Babbage is typing')).length;
    })
    .toBeGreaterThan(1);
  await composer(guest).fill('Yes, ');
  await composer(guest).pressSequentially('@ada');
  await guest.getByRole('option', { name: /Ada Lovelace/ }).click();
  await composer(guest).press('Enter');
  await message(owner, 'Yes, @Ada Lovelace').waitFor();
  expect(await message(owner, 'Yes, @Ada Lovelace').getAttribute('class')).toContain('message-mention');
  await message(guest, 'Yes, @Ada Lovelace').locator('[data-status=read]').waitFor();
});

test('edits, reactions, replies and threads arrive at the other side', async () => {
  const bob = await makePerson(world.server.url, 'Bob');
  const eve = await makePerson(world.server.url, 'Eve');
  const direct = await bob.client.openDirect([eve.signedIn.user.id]);
  const hash = `#/c/${direct.id}`;
  const [left, right] = await Promise.all([world.open(bob, { hash }), world.open(eve, { hash })]);
  await write(left, 'Teh first');
  await message(right, 'Teh first').waitFor();

  await composer(left).press('ArrowUp');
  await left.getByLabel('Edit the message').fill('The first');
  await left.getByLabel('Edit the message').press('Enter');
  await message(right, 'The first').getByText('(edited)').waitFor();

  await message(right, 'The first').hover();
  await right.getByRole('button', { name: 'React with 👍' }).click();
  const reaction = left.getByRole('button', { name: '👍, 1 reaction' });
  await reaction.click();
  await right.getByRole('button', { name: '👍, 2 reactions' }).waitFor();

  await message(right, 'The first').hover();
  await right.getByRole('toolbar').getByRole('button', { name: 'Reply' }).click();
  await write(right, 'An answer');
  await message(left, 'An answer')
    .getByRole('button', { name: /The first/ })
    .waitFor();

  await message(left, 'An answer').hover();
  await left.getByRole('toolbar').getByRole('button', { name: 'Open thread' }).click();
  const thread = left.getByRole('complementary', { name: 'Thread' });
  await thread.getByRole('textbox').fill('In the thread');
  await thread.getByRole('textbox').press('Enter');
  await message(right, 'An answer')
    .getByRole('button', { name: /1 reply/ })
    .click();
  await right.getByRole('complementary', { name: 'Thread' }).getByText('In the thread').waitFor();

  await message(left, 'The first').first().hover();
  await left.getByRole('toolbar').getByRole('button', { name: 'More' }).click();
  await left.getByRole('menuitem', { name: 'Delete' }).click();
  await left.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await right.getByText('This message was deleted.').first().waitFor();
});

test('a conversation opens at its first unread message, however many came since, and reading clears the badge', async () => {
  const dora = await makePerson(world.server.url, 'Dora');
  const finn = await makePerson(world.server.url, 'Finn');
  const direct = await finn.client.openDirect([dora.signedIn.user.id]);
  const send = async (from: number, to: number) => {
    for (let count = from; count <= to; count++) await direct.send(`number ${count}`);
  };
  await send(1, 30);
  const page = await world.open(dora, { hash: `#/c/${direct.id}` });
  await page.getByRole('button', { name: 'Jump to the latest' }).click();
  await message(page, /number 30$/).waitFor();
  await expect.poll(() => page.getByRole('link', { name: /unread/ }).count()).toBe(0);
  await page.goto(`${world.server.url}/#/settings/profile`);
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
  await send(31, 150);
  await page.getByRole('link', { name: /Finn.*120 unread messages/ }).click();
  await page.getByText('New messages', { exact: true }).waitFor();
  await message(page, /number 31$/).waitFor();
  expect(await message(page, /number 150$/).count()).toBe(0);

  // Older pages have come in front meanwhile, and have moved nothing.
  const log = page.getByRole('log');
  await expect.poll(() => log.evaluate((element) => element.scrollTop)).toBeGreaterThan(300);
  const topOf = (locator: Locator) => locator.evaluate((element) => element.getBoundingClientRect().top);
  await expect
    .poll(async () => Math.abs((await topOf(message(page, /number 31$/))) - (await topOf(log)) - 110))
    .toBeLessThan(50);

  await page.getByRole('button', { name: /120 new messages|Jump to the latest/ }).click();
  await message(page, /number 150$/).waitFor();
  await expect.poll(() => page.getByRole('link', { name: /unread/ }).count()).toBe(0);
  await finn.client.channel(direct.id).send('number 151');
  await message(page, /number 151$/).waitFor();
});

test('what one has begun to change in a message stays, wherever one looks in between', async () => {
  const wes = await makePerson(world.server.url, 'Wes');
  const xia = await makePerson(world.server.url, 'Xia');
  const direct = await wes.client.openDirect([xia.signedIn.user.id]);
  for (let number = 1; number <= 59; number++) await direct.send(`number ${number}`);
  const last = await direct.send('number 60');
  const page = await world.open(wes, { hash: `#/c/${direct.id}` });
  await message(page, 'number 60').waitFor();
  const editor = page.getByRole('textbox', { name: 'Edit the message' });
  await composer(page).press('ArrowUp');
  await editor.fill('half of a better wor');

  await message(page, 'number 55').getByText('number 55').click();
  await page.mouse.wheel(0, -2_000);
  await message(page, 'number 59').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Jump to the latest' }).click();
  await expect.poll(() => editor.inputValue()).toBe('half of a better wor');

  await page.goto(`${world.server.url}/#/threads`);
  await page.getByRole('heading', { name: 'Threads' }).waitFor();
  await page.reload();
  await page.goto(`${world.server.url}/#/c/${direct.id}`);
  await message(page, 'number 60').waitFor();
  await composer(page).press('ArrowUp');
  await editor.press('End');
  await editor.pressSequentially('d');
  await editor.press('Enter');
  await message(page, 'half of a better word').getByText('(edited)').waitFor();
  // What was given up is forgotten.
  await composer(page).press('ArrowUp');
  await editor.fill('never mind');
  await editor.press('Escape');
  await composer(page).press('ArrowUp');
  expect(await editor.inputValue()).toBe('half of a better word');
  // Nor is it a draft to have looked at it while it was changed elsewhere.
  await direct.edit(last.id, 'a better word yet');
  await page.goto(`${world.server.url}/#/threads`);
  await page.getByRole('heading', { name: 'Threads' }).waitFor();
  await page.goto(`${world.server.url}/#/c/${direct.id}`);
  await message(page, 'a better word yet').waitFor();
  await composer(page).press('ArrowUp');
  expect(await editor.inputValue()).toBe('a better word yet');
});

test('a draft that another tab has kept is not lost with one that has only looked', async () => {
  const yan = await makePerson(world.server.url, 'Yan');
  const channel = await yan.client.createChannel({ kind: 'private', name: 'drafts', memberIds: [] });
  const hash = `#/c/${channel.id}`;
  const first = await world.open(yan, { hash });
  await composer(first).waitFor();
  const second = await first.context().newPage();
  await second.goto(`${world.server.url}/${hash}`);
  await composer(second).fill('half a thought');
  await second.close({ runBeforeUnload: true });
  await expect.poll(() => first.context().pages().length).toBe(1);
  await first.goto(`${world.server.url}/#/threads`);
  await first.getByRole('heading', { name: 'Threads' }).waitFor();
  await first.goto(`${world.server.url}/${hash}`);
  await expect.poll(() => composer(first).inputValue()).toBe('half a thought');
});
