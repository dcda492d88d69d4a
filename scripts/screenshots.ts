// `npm run screenshots -- DIR [PATTERN]`: every page of the web app at three sizes in both themes, on a server with
// people who have something to say to each other. For looking at, and for the picture in the README (docs/picture.png).
// A pattern such as `phone-dark` or `^admin` takes those that it fits.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import type { Browser, Locator, Page } from 'playwright-core';
import { startEmbeddedPostgres } from '../packages/server/src/embedded/embedded-postgres.ts';
import { serverProcess } from '../packages/server/src/testing/server-process.ts';
import { launchBrowser } from '../tests/support/chromium.ts';
import type { Person } from '../tests/support/people.ts';
import { addWebhooks, makeWorkspace, type Workspace } from '../tests/support/workspace.ts';
import { type Shot, shotsOf } from './screenshot-pages.ts';
import { ensureBrowser, ensureEmojiFont } from './test-tools.js';

const SIZES = {
  wide: { viewport: { width: 1440, height: 900 } },
  tablet: { viewport: { width: 820, height: 1180 }, hasTouch: true, isMobile: true },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
};
const THEMES = ['light', 'dark'] as const;

async function takeAll(
  browser: Browser,
  url: string,
  workspace: Workspace,
  directory: string,
  only: RegExp,
): Promise<void> {
  const { maya } = workspace.people;
  const { code } = await maya.client.call('invitation.create', {});
  const shots = shotsOf(workspace, code);
  for (const theme of THEMES) {
    for (const [size, device] of Object.entries(SIZES)) {
      for (const as of [null, 'maya'] as const) {
        const wanted = shots.filter((shot) => shot.as === as && only.test(`${shot.name}-${size}-${theme}`));
        if (wanted.length === 0) continue;
        const page = await open(browser, { url, device, theme, person: as === null ? null : maya });
        for (const shot of wanted) {
          await take(page, { url, shot, path: join(directory, `${shot.name}-${size}-${theme}.png`) });
        }
        await page.context().close();
      }
      console.log(`${theme} ${size}: done`);
    }
  }
}

interface Opening {
  readonly url: string;
  readonly device: (typeof SIZES)[keyof typeof SIZES];
  readonly theme: (typeof THEMES)[number];
  readonly person: Person | null;
}

async function open(browser: Browser, { url, device, theme, person }: Opening): Promise<Page> {
  const context = await browser.newContext({
    ...device,
    colorScheme: theme,
    locale: 'en-GB',
    reducedMotion: 'reduce',
    deviceScaleFactor: 1,
    serviceWorkers: 'block',
  });
  if (person !== null) {
    const session = JSON.stringify({ token: person.signedIn.token, userId: person.signedIn.user.id });
    await context.addInitScript(`localStorage.setItem('parley/session', ${JSON.stringify(session)})`);
  }
  const page = await context.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') console.error(message.text());
  });
  page.on('pageerror', (error) => console.error(error.message));
  await page.goto(url);
  await page.locator(person === null ? 'form' : '.shell[data-connection=online]').waitFor({ state: 'attached' });
  return page;
}

interface Take {
  readonly url: string;
  readonly shot: Shot;
  readonly path: string;
}

async function take(page: Page, { url, shot, path }: Take): Promise<void> {
  await page.goto(`${url}/${shot.hash}`);
  await settle(page);
  await shot.act?.(page).catch((error: unknown) => console.error(`${shot.name}: ${String(error).split('\n')[0]}`));
  if (shot.act !== undefined) await settle(page);
  await page.screenshot({ path });
  if ((await page.locator('dialog[open], :popover-open').count()) > 0) await page.reload();
  await page.mouse.move(0, 0);
}

/** Waits until nothing is on its way: no skeleton, no spinner, no image that is not there yet. */
async function settle(page: Page): Promise<void> {
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(200);
  const onItsWay = page.locator(
    '.skeleton, .spinner, [aria-busy=true], .empty-view:not(:has(h1, p)), .image-itself:not(.image-there), .shell:not([data-connection=online])',
  );
  await expectNone(onItsWay);
  await page.waitForTimeout(150);
}

async function expectNone(locator: Locator): Promise<void> {
  const endsAt = Date.now() + 15_000;
  while ((await locator.count()) > 0 && Date.now() < endsAt) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Gives each message the time that it pretends to be from. */
async function spreadTimes(connection: pg.ClientConfig, { order }: Workspace): Promise<void> {
  const client = new pg.Client(connection);
  await client.connect();
  try {
    for (const { id, minutesAgo } of order) {
      await client.query(`UPDATE messages SET created_at = now() - make_interval(mins => $2) WHERE id = $1`, [
        id,
        minutesAgo,
      ]);
    }
  } finally {
    await client.end();
  }
}

/** A picture, a sheet and a clip in the channel of those who draw. */
async function addFiles({ people, channels }: Workspace): Promise<void> {
  const { client } = people.ines;
  const icon = readFileSync(new URL('../packages/web/public/icon-512.png', import.meta.url));
  const files = [
    await client.upload(new Blob([icon]), { name: 'icon-final.png' }),
    await client.upload(new Blob(['name,size\nicon,48\n']), { name: 'icon-sizes.csv' }),
  ];
  const waveform = Array.from({ length: 60 }, (_, index) =>
    Math.round(50 + 45 * Math.sin(index) * Math.cos(index / 5)),
  );
  const clip = await client.upload(new Blob([silence()]), { name: 'thoughts.wav', durationMs: 8_000, waveform });
  const channel = client.channel(channels.design);
  await channel.send('The icon, as it will ship. Sizes are in the sheet.', { attachments: files.map(({ id }) => id) });
  await channel.send('', { attachments: [clip.id] });
}

/** Eight seconds of nothing, as a WAV file. */
function silence(): Buffer<ArrayBuffer> {
  const samples = 64_000;
  const bytes = Buffer.alloc(44 + samples, 128);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + samples, 4);
  bytes.write('WAVEfmt ', 8);
  for (const [at, value] of [
    [16, 16],
    [24, 8_000],
    [28, 8_000],
    [40, samples],
  ] as const)
    bytes.writeUInt32LE(value, at);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 1],
    [34, 8],
  ] as const)
    bytes.writeUInt16LE(value, at);
  bytes.write('data', 36);
  return bytes;
}

async function main(directory: string, only: RegExp): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const dataDir = mkdtempSync(join(tmpdir(), 'parley-pictures-'));
  const postgres = await startEmbeddedPostgres({ dataDir });
  const { host = '', port = 0, user = '', database = '' } = postgres.connectionConfig;
  const databaseUrl = `postgresql://${user}@localhost:${port}/${database}?host=${encodeURIComponent(host)}`;
  const server = await serverProcess(databaseUrl, { PARLEY_SIGN_UP: 'open', PARLEY_NAME: 'Northwind' });
  const browser = await launchBrowser();
  try {
    await server.start();
    const workspace = await makeWorkspace(server);
    await spreadTimes(postgres.connectionConfig, workspace);
    // It may remember messages with their old times.
    await server.stop();
    await server.start();
    const { people, channels, direct } = workspace;
    await addFiles(workspace);
    await addWebhooks(workspace);
    for (const name of ['noah', 'lena'] as const) people[name].client.close();
    await Promise.all([people.ines, people.kenji, people.tomas].map(({ client }) => client.connect()));
    await people.ines.client.presence.set({ statusText: 'Drawing icons', statusEmoji: '🎨' });
    people.ines.client.channel(direct).markRead();
    for (const { client } of [people.kenji, people.tomas, people.priya])
      client.channel(channels.engineering).markRead();
    people.maya.client.channel(channels.general).markRead();
    people.maya.client.channel(direct).markRead();
    people.maya.client.channel(channels.engineering).markRead(8);
    await takeAll(browser, server.url, workspace, directory, only);
  } finally {
    await browser.close();
    await server.stop();
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

ensureBrowser();
ensureEmojiFont();
const [directory = 'artifacts/screenshots', only = ''] = process.argv.slice(2);
await main(resolve(directory), new RegExp(only));
// Clients of the SDK would keep the process alive.
process.exit(0);
