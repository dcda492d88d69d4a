import { expect, test } from 'vitest';
import { makeOwner, makePerson } from '../support/people.ts';
import { composer, haveRead, message, useWorld } from './support/world.ts';

const world = useWorld();
const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true } as const;

test('a phone shows one thing at a time, and goes back', async () => {
  const owner = await makeOwner(world.server, 'Olga');
  const pia = await makePerson(world.server.url, 'Pia');
  const direct = await owner.client.openDirect([pia.signedIn.user.id]);
  await direct.send('Hello on the phone');
  const page = await world.open(pia, PHONE);
  const list = page.getByRole('navigation', { name: 'Conversations' });
  await list.getByRole('link', { name: /Olga.*1 unread message/ }).tap();
  await message(page, 'Hello on the phone').waitFor();
  expect(await list.isVisible()).toBe(false);

  await composer(page).fill('Two lines');
  // On a phone Enter makes a line, the button sends.
  await composer(page).press('Enter');
  await composer(page).pressSequentially('of text');
  await page.getByRole('button', { name: 'Send', exact: true }).tap();
  await message(page, /Two lines\s*of text/).waitFor();
  // And so it does in what is edited.
  await message(page, 'Two lines').tap();
  await page.getByRole('toolbar').getByRole('button', { name: 'More' }).tap();
  await page.getByRole('menuitem', { name: 'Edit' }).tap();
  const editor = page.getByRole('textbox', { name: 'Edit the message' });
  await editor.press('Enter');
  await editor.pressSequentially('and a third');
  await page.getByRole('button', { name: 'Save' }).tap();
  await message(page, /Two lines\s*of text\s*and a third/).waitFor();

  await message(page, 'Hello on the phone').tap();
  await page.getByRole('toolbar').getByRole('button', { name: 'Open thread' }).tap();
  const thread = page.getByRole('complementary', { name: 'Thread' });
  await thread.getByRole('textbox').waitFor();
  await thread.getByRole('button', { name: 'Close' }).tap();
  await page.getByRole('link', { name: 'Back to the conversations' }).tap();
  await list.getByRole('link', { name: /Olga/ }).waitFor();
  expect(await composer(page).count()).toBe(0);

  // A tap beside a dialog closes it, and does not go on to what lies below.
  const place = await list.getByRole('link', { name: 'general' }).boundingBox();
  await list.getByRole('button', { name: 'New message' }).first().tap();
  await page.getByRole('dialog').waitFor();
  await page.touchscreen.tap((place?.x ?? 0) + 30, (place?.y ?? 0) + 10);
  await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  // Where it had gone on, the conversation would be there by the time that the menu is.
  await page.getByRole('button', { name: /Pia/ }).tap();
  await page.getByRole('menu').waitFor();
  expect(await composer(page).count()).toBe(0);
});

test('whoever reads the end and touches a message still reads the end when the phone is turned', async () => {
  const sven = await makePerson(world.server.url, 'Sven');
  const tara = await makePerson(world.server.url, 'Tara');
  const direct = await sven.client.openDirect([tara.signedIn.user.id]);
  for (let number = 1; number <= 30; number++)
    await direct.send(`${number}: ${'about as long as a line is wide '.repeat(2)}`);
  await haveRead(tara, direct.id, 30);
  const page = await world.open(tara, { ...PHONE, viewport: { width: 780, height: 390 }, hash: `#/c/${direct.id}` });
  await message(page, /^30:/).tap();
  await page.setViewportSize({ width: 390, height: 780 });
  await sven.client.channel(direct.id).send('one more');
  await message(page, 'one more').waitFor();
  expect(await page.getByRole('button', { name: /Jump to the latest|new message/ }).count()).toBe(0);
});

test('nothing is wider than the screen', async () => {
  const quinn = await makePerson(world.server.url, 'Quinn');
  const rosa = await makePerson(world.server.url, 'Rosa-with-a-name-that-goes-on-and-on-and-on-to-the-end');
  const direct = await rosa.client.openDirect([quinn.signedIn.user.id]);
  await direct.send(`https://example.org/${'a'.repeat(300)}`);
  await direct.send(`\`\`\`\n${'code '.repeat(80)}\n\`\`\``);
  await direct.send(`| ${'column | '.repeat(12)}\n| ${'--- | '.repeat(12)}\n| ${'cell | '.repeat(12)}`);
  const page = await world.open(quinn, { ...PHONE, viewport: { width: 320, height: 640 }, hash: `#/c/${direct.id}` });
  await message(page, 'column').waitFor();
  const pages = [
    ['', '.own-button'],
    [`#/c/${direct.id}`, '[role=log] article'],
    [`#/c/${direct.id}/details`, '.pane h2'],
    ['#/settings/sessions', '.rows li'],
    ['#/threads', '.empty-view h1'],
  ] as const;
  for (const [hash, content] of pages) {
    await page.goto(`${world.server.url}/${hash}`);
    await page.locator(content).first().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth'), hash).toBe(320);
  }
});
