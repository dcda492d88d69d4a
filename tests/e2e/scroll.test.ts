import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { makePerson } from '../support/people.ts';
import { composer, haveRead, message, useWorld } from './support/world.ts';

const world = useWorld();
const LINES = 60;
const toEnd = (page: Page) => page.getByRole('button', { name: /Jump to the latest|new message/ });

/** Whether all of a message can be seen. */
async function isInSight(page: Page, text: string): Promise<boolean> {
  return page.evaluate<boolean>(`{
    const log = document.querySelector('[role=log]').getBoundingClientRect();
    const body = [...document.querySelectorAll('.message-body')].find(({ textContent }) => textContent === ${JSON.stringify(text)});
    body !== undefined && body.getBoundingClientRect().bottom <= log.bottom;
  }`);
}

/** A reader at the end of a conversation of many lines. */
async function atEnd(writerName: string, readerName: string) {
  const writer = await makePerson(world.server.url, writerName);
  const reader = await makePerson(world.server.url, readerName);
  const direct = await writer.client.openDirect([reader.signedIn.user.id]);
  for (let number = 1; number <= LINES; number++) await direct.send(`number ${number}`);
  await expect.poll(() => reader.client.channel(direct.id).info.getSnapshot()?.unread).toBe(LINES);
  await haveRead(reader, direct.id, LINES);
  const page = await world.open(reader, { hash: `#/c/${direct.id}` });
  await message(page, `number ${LINES}`).waitFor();
  return { page, direct };
}

test('a click meets what it was aimed at, though a new message moves the list', async () => {
  const { page, direct } = await atEnd('Una', 'Vic');
  // Whether a click would have fallen through to what lies behind the rows, in every frame until the list has moved and in the next ones.
  await page.evaluate(`{
    const scroller = document.querySelector('[role=log]');
    const find = (text) => [...scroller.querySelectorAll('.message-body')].find((body) => body.textContent === text);
    window.missed = [];
    window.framesAfter = 0;
    const look = () => {
      const aim = find('number 58')?.getBoundingClientRect();
      if (aim !== undefined) missed.push(document.elementFromPoint(aim.left + 8, aim.top + aim.height / 2) === scroller);
      if (find('one more') !== undefined) framesAfter += 1;
      if (framesAfter < 12) requestAnimationFrame(look);
    };
    look();
  }`);
  await direct.send('one more');
  await expect.poll(() => page.evaluate('framesAfter')).toBe(12);
  const missed = await page.evaluate('missed');
  expect(missed).toContain(false);
  expect(missed).not.toContain(true);
});

test('whoever scrolls up leaves the end, however fast messages come', async () => {
  const { page, direct } = await atEnd('Yara', 'Zoe');
  let hasLeft = false;
  const arrive = async () => {
    for (let count = 1; !hasLeft; count++) {
      await direct.send(`arrives ${count}`);
      // The next one comes as soon as this is drawn: the list never ceases to be just measured.
      await message(page, `arrives ${count}`).or(toEnd(page)).first().waitFor();
    }
  };
  const arrivals = arrive();
  await message(page, /arrives 3$/).waitFor();
  // One turn of a wheel or one key, that the browser spreads over many frames: its first ones move less than the end is thick.
  await page.evaluate(`new Promise((resolve) => {
    const log = document.querySelector('[role=log]');
    log.dispatchEvent(new WheelEvent('wheel', { deltaY: -1, bubbles: true }));
    let frames = 0;
    const step = () => {
      log.scrollTop -= 8;
      if (++frames < 90) requestAnimationFrame(step);
      else resolve();
    };
    requestAnimationFrame(step);
  })`);
  await toEnd(page)
    .waitFor()
    .finally(() => {
      hasLeft = true;
    });
  await arrivals;
});

test('a tool that scrolls without a gesture leaves the end as well', async () => {
  const { page, direct } = await atEnd('Abel', 'Bea');
  await direct.send('just now');
  await message(page, 'just now').waitFor();
  await page.evaluate(`new Promise((resolve) => {
    const log = document.querySelector('[role=log]');
    const begun = performance.now();
    let frames = 0;
    const step = () => {
      log.scrollTop -= 10;
      // For as long as it may be called back, and then far enough.
      if (performance.now() - begun > 300) frames += 1;
      if (frames < 80) requestAnimationFrame(step);
      else resolve();
    };
    requestAnimationFrame(step);
  })`);
  await toEnd(page).waitFor();
  await message(page, 'just now').waitFor({ state: 'detached' });
});

test('whoever writes many lines still follows the end', async () => {
  const { page, direct } = await atEnd('Cleo', 'Dan');
  for (let line = 1; line <= 5; line++) {
    await composer(page).pressSequentially(`line ${line}`);
    await composer(page).press('Shift+Enter');
  }
  await direct.send('comes meanwhile');
  await expect.poll(() => isInSight(page, 'comes meanwhile')).toBe(true);
  expect(await toEnd(page).count()).toBe(0);
});

test('whoever goes to a message that is in sight already learns of the next ones', async () => {
  const { page, direct } = await atEnd('Edda', 'Fay');
  await direct.send('an answer', { replyTo: LINES });
  const quote = message(page, 'an answer').getByRole('button', { name: /number/ });
  await quote.click();
  await page.locator('article.message-target').waitFor();
  await quote.click();
  // The list looks again and again at where it was sent, as long as something is measured there.
  await page.evaluate(`new Promise((resolve) => {
    let frames = 0;
    const step = () => (++frames < 40 ? requestAnimationFrame(step) : resolve());
    step();
  })`);
  for (let count = 1; count <= 3; count++) await direct.send(`next ${count}`);
  const isTold = async () => (await isInSight(page, 'next 3')) || (await toEnd(page).count()) > 0;
  await expect.poll(isTold).toBe(true);
});
