import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { makePerson } from '../support/people.ts';
import { type Act, press } from './support/acts.ts';
import { haveRead, message, useWorld } from './support/world.ts';

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
  await expect.poll(() => page.getByRole('button', { name: /mentions? of you/ }).count()).toBe(0);

  await page.goto(`${world.server.url}/#/threads`);
  await page.getByText('Mentions you').waitFor();
  await page.getByText('reply 40').click();
  await page.getByRole('button', { name: '1 mention of you' }).click();
  await page.locator('.pane').locator('article').filter({ hasText: 'reply 40' }).waitFor();
});

interface Covering {
  readonly what: string;
  readonly size?: { readonly width: number; readonly height: number };
  readonly cover: Act;
  readonly uncover: Act;
}

const PICTURE = readFileSync(fileURLToPath(new URL('../../packages/web/public/icon-192.png', import.meta.url)));
const DESK = { width: 1_280, height: 720 };
const pane = (page: Page) => page.getByRole('complementary');
const openDetails: Act = (page) => page.goto(`${page.url()}/details`).then(() => pane(page).waitFor());
const closePane: Act = (page) => pane(page).getByRole('button', { name: 'Close' }).click();
const openByKey =
  (key: string): Act =>
  (page) =>
    press(key)(page).then(() => page.locator('dialog[open]').waitFor());
/** The browser of a test always has the focus and is always in front: another one stands in for it. */
const pretend =
  (script: string): Act =>
  (page) =>
    page.evaluate(script);

const COVERINGS: readonly Covering[] = [
  {
    what: 'a picture in full size',
    cover: async (page) => {
      await page.locator('.image-file').click();
      await page.locator('.lightbox[open]').waitFor();
    },
    uncover: press('Escape'),
  },
  { what: 'a pane on a phone', size: { width: 390, height: 780 }, cover: openDetails, uncover: closePane },
  { what: 'a pane on a tablet', size: { width: 900, height: 700 }, cover: openDetails, uncover: closePane },
  {
    what: 'a pane that leaves less than half of it',
    size: { width: 1_000, height: 700 },
    cover: openDetails,
    uncover: closePane,
  },
  { what: 'the switcher', cover: openByKey('Control+k'), uncover: press('Escape') },
  { what: 'a dialog', cover: openByKey('?'), uncover: press('Escape') },
  {
    what: 'another window',
    cover: pretend('document.hasFocus = () => false'),
    uncover: pretend('delete document.hasFocus; window.dispatchEvent(new Event("focus"))'),
  },
  {
    what: 'another tab',
    cover: pretend(`Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })`),
    uncover: pretend('delete document.visibilityState; document.dispatchEvent(new Event("visibilitychange"))'),
  },
  {
    what: 'having scrolled away',
    cover: async (page) => {
      await page.locator('[role=log]').hover();
      await page.mouse.wheel(0, -700);
      await page.getByRole('button', { name: 'Jump to the latest' }).waitFor();
    },
    uncover: (page) => page.getByRole('button', { name: /new messages/ }).click(),
  },
];

test('[DEL11] what nobody can see is not read, and is once it can be seen', async () => {
  const { writer, reader, channelId } = await makeTalk();
  const page = await world.open(reader, { hash: `#/c/${channelId}` });
  const link = page.locator('.channel-link[aria-current]');
  // The list stands still when the picture is there: before, a click may meet something else than it was aimed at.
  await page.locator('.image-there').waitFor();
  for (const { what, size = DESK, cover, uncover } of COVERINGS) {
    const isRead = () => link.locator('.badge').waitFor({ state: 'detached' });
    await isRead();
    await page.setViewportSize(size);
    await cover(page);
    for (const [text, count] of [
      ['one more', '1 unread message'],
      ['and one more', '2 unread messages'],
    ] as const) {
      await writer.client.channel(channelId).send(`${text}, behind ${what}`);
      // Drawn or not, it is there by then.
      await link.locator('.badge', { hasText: count }).waitFor({ state: 'attached' });
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    }
    await uncover(page);
    await isRead();
  }
  await expect.poll(() => reader.client.channel(channelId).info.getSnapshot()?.unread).toBe(0);
});

/** Two people with enough between them to fill the screen, all of it read, with a picture at its end. */
async function makeTalk() {
  const writer = await makePerson(world.server.url, 'Wanda');
  const reader = await makePerson(world.server.url, 'Rufus');
  const channel = await writer.client.openDirect([reader.signedIn.user.id]);
  for (let number = 1; number <= 36; number++) await channel.send(`long ago ${number}`);
  const picture = await writer.client.upload(new Blob([PICTURE], { type: 'image/png' }), { name: 'icon.png' });
  await channel.send('', { attachments: [picture.id] });
  const info = () => reader.client.channel(channel.id).info.getSnapshot();
  await expect.poll(() => info()?.unread).toBe(37);
  await haveRead(reader, channel.id, 37);
  return { writer, reader, channelId: channel.id };
}
