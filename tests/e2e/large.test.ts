import { createClient } from '@parley/client';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { makePerson } from '../support/people.ts';
import { message, useWorld } from './support/world.ts';

const world = useWorld();
const MESSAGES = 10_000;
const AT_ONCE = 500;
/** What is in sight and a little more, however long the channel is. */
const MAX_DRAWN = 150;

/** Scrolls up frame by frame, as a wheel does; gives how long the frames took and whether anything was ever empty. */
const SCROLL = `new Promise((resolve) => {
  const log = document.querySelector('[role=log]');
  const box = log.getBoundingClientRect();
  const frames = [];
  let blanks = 0, last = performance.now(), count = 0;
  log.dispatchEvent(new WheelEvent('wheel', { deltaY: -1, bubbles: true }));
  const step = (now) => {
    frames.push(now - last);
    last = now;
    const under = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    if (under === null || under.closest('[role=log]') === null) blanks += 1;
    log.scrollTop -= 60;
    count += 1;
    if (count < 240) requestAnimationFrame(step);
    else { frames.sort((a, b) => a - b); resolve({ median: frames[120], p95: frames[228], blanks, drawn: log.querySelectorAll('article').length }); }
  };
  requestAnimationFrame(step);
})`;

interface Scrolled {
  readonly median: number;
  readonly p95: number;
  readonly blanks: number;
  readonly drawn: number;
}

test('a channel of 10,000 messages opens, jumps and scrolls like a short one', async () => {
  const tess = await makePerson(world.server.url, 'Tess');
  const una = await makePerson(world.server.url, 'Una');
  const channel = await tess.client.createChannel({ kind: 'private', name: 'long', memberIds: [una.signedIn.user.id] });
  const fast = createClient({ url: world.server.url, token: tess.signedIn.token, WebSocket, sendWindow: AT_ONCE });
  await fast.connect();
  for (let first = 1; first <= MESSAGES; first += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, index) => first + index);
    await Promise.all(numbers.map((number) => fast.channel(channel.id).send(`number ${number}`)));
  }
  fast.close();

  const page = await world.open(una, { hash: `#/c/${channel.id}` });
  const drawn = () => page.locator('[role=log] article').count();
  // At the first unread one, with all that is unread told.
  await message(page, /number 1$/).waitFor();
  await page.getByRole('button', { name: /Jump to the latest|new messages/ }).click();
  await message(page, new RegExp(`number ${MESSAGES}$`)).waitFor();
  expect(await drawn()).toBeLessThan(MAX_DRAWN);

  const scrolled = (await page.evaluate(SCROLL)) as Scrolled;
  console.log(`240 frames over 14,400 px: median ${scrolled.median.toFixed(1)} ms, p95 ${scrolled.p95.toFixed(1)} ms`);
  expect(scrolled.blanks).toBe(0);
  expect(scrolled.drawn).toBeLessThan(MAX_DRAWN);
  // Whoever has scrolled away stays there.
  await expect.poll(() => message(page, new RegExp(`number ${MESSAGES}$`)).count()).toBe(0);

  await page.goto(`${world.server.url}/#/c/${channel.id}/m/5000`);
  await message(page, /number 5000$/).waitFor();
  expect(await drawn()).toBeLessThan(MAX_DRAWN);
  await page.getByRole('button', { name: 'Jump to a date' }).click();
  await page.getByRole('button', { name: 'The very beginning' }).click();
  await message(page, /number 1$/).waitFor();
});
