import type { ChannelId } from '@parley/protocol';
import { beforeAll, expect, test } from 'vitest';
import { makePerson, type Person } from '../support/people.ts';
import { composer, useWorld, write } from './support/world.ts';

const world = useWorld();
/** How high the highest bar of a recording stands, in per cent. */
const LOUDEST = (bar: Element) =>
  Math.max(...[...bar.querySelectorAll<HTMLElement>('.bar')].map(({ style }) => Number.parseFloat(style.height)));

let vera: Person;
let channelId: ChannelId;
beforeAll(async () => {
  vera = await makePerson(world.server.url, 'Vera');
  channelId = (await vera.client.createChannel({ kind: 'private', name: 'voices' })).id;
});

test('a voice message is recorded and sent with the keyboard alone, and can be played', async () => {
  const page = await world.open(vera, { hash: `#/c/${channelId}` });
  await page.context().grantPermissions(['microphone'], { origin: world.server.url });
  await composer(page).waitFor();
  await page.getByRole('button', { name: 'Record a voice message' }).focus();
  await page.keyboard.press('Enter');
  const bar = page.getByRole('group', { name: 'Voice message' });
  await bar.waitFor();
  // The microphone of the test beeps now and then: so long that it was heard.
  await expect.poll(() => bar.getByRole('timer').textContent()).toMatch(/^0:(0[2-9]|[1-5]\d)$/);
  await expect.poll(() => bar.evaluate(LOUDEST)).toBeGreaterThan(8);
  expect(await composer(page).isVisible()).toBe(false);
  await page.keyboard.press('Enter');

  const clip = page.locator('.audio-file');
  await clip.waitFor();
  await expect.poll(() => composer(page).evaluate((field) => field === document.activeElement)).toBe(true);
  // What was sent shows at once: it may not have come to the server yet.
  await page.locator('[data-status]').waitFor();
  const { messages } = await vera.client.call('message.history', { channelId });
  const [attachment] = messages.at(-1)?.attachments ?? [];
  expect(attachment?.durationMs).toBeGreaterThan(1_500);
  expect(attachment?.waveform?.length).toBeGreaterThan(10);
  expect(Math.max(...(attachment?.waveform ?? []))).toBeGreaterThan(0);
  await clip.getByRole('button', { name: 'Play' }).click();
  await clip.getByRole('button', { name: 'Pause' }).waitFor();
});

test('a recording that is discarded leaves nothing behind', async () => {
  const page = await world.open(vera, { hash: `#/c/${channelId}` });
  await page.context().grantPermissions(['microphone'], { origin: world.server.url });
  const upload: string[] = [];
  page.on('request', (request) => {
    if (request.method() === 'POST' && new URL(request.url()).pathname === '/v1/attachments')
      upload.push(request.url());
  });
  await composer(page).fill('what I was writing');
  await page.getByRole('button', { name: 'Record a voice message' }).click();
  const bar = page.getByRole('group', { name: 'Voice message' });
  await bar.waitFor();
  await expect.poll(() => bar.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  await page.keyboard.press('Escape');
  await bar.waitFor({ state: 'detached' });
  expect(await composer(page).inputValue()).toBe('what I was writing');
  await write(page, 'nothing was recorded');
  await page.getByText('nothing was recorded').first().waitFor();
  expect(upload).toEqual([]);
});

test('without a permission it is said what to do', async () => {
  const page = await world.open(vera, { hash: `#/c/${channelId}` });
  await page.getByRole('button', { name: 'Record a voice message' }).click();
  await page.getByText('Allow it in the settings of this page').waitFor();
  expect(await composer(page).isVisible()).toBe(true);
});
