// `npm run screenshots -- DIR`: every page of the web app at three sizes in both themes, on a server with people who
// have something to say to each other. For looking at, and for the picture in the README (docs/picture.png).

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import pg from 'pg';
import type { Browser, Page } from 'playwright-core';
import { startEmbeddedPostgres } from '../packages/server/src/embedded/embedded-postgres.ts';
import { serverProcess } from '../packages/server/src/testing/server-process.ts';
import { launchBrowser } from '../tests/support/chromium.ts';
import type { Person } from '../tests/support/people.ts';
import { makeWorkspace, type Workspace } from '../tests/support/workspace.ts';
import { ensureBrowser, ensureEmojiFont } from './test-tools.js';

const SIZES = {
  wide: { width: 1440, height: 900 },
  tablet: { width: 820, height: 1180 },
  phone: { width: 390, height: 844 },
} as const;
const THEMES = ['light', 'dark'] as const;

interface Shot {
  readonly name: string;
  readonly hash: string;
  /** Signed out where it is null. */
  readonly as: 'maya' | null;
  /** What to do before the picture is taken. */
  readonly act?: (page: Page) => Promise<void>;
}

function shotsOf({ channels, direct, threadId }: Workspace, invitation: string): readonly Shot[] {
  const channel = `#/c/${channels.engineering}`;
  const press = (keys: string) => (page: Page) => page.keyboard.press(keys);
  const click = (name: string) => (page: Page) => page.getByRole('button', { name, exact: true }).first().click();
  return [
    { name: 'sign-in', hash: '', as: null },
    { name: 'sign-up', hash: `#/join/${invitation}`, as: null },
    { name: 'home', hash: '#/', as: 'maya' },
    { name: 'channel', hash: channel, as: 'maya' },
    { name: 'channel-hover', hash: channel, as: 'maya', act: (page) => page.locator('[data-message]').nth(-3).hover() },
    { name: 'general', hash: `#/c/${channels.general}`, as: 'maya' },
    { name: 'launch', hash: `#/c/${channels.launch}`, as: 'maya' },
    { name: 'direct', hash: `#/c/${direct}`, as: 'maya' },
    { name: 'thread', hash: `${channel}/thread/${threadId}`, as: 'maya' },
    { name: 'members', hash: `${channel}/members`, as: 'maya' },
    { name: 'details', hash: `${channel}/details`, as: 'maya' },
    { name: 'pins', hash: `${channel}/pins`, as: 'maya' },
    { name: 'threads', hash: '#/threads', as: 'maya' },
    { name: 'switcher', hash: channel, as: 'maya', act: press('Control+k') },
    { name: 'shortcuts', hash: '#/', as: 'maya', act: press('?') },
    {
      name: 'emoji',
      hash: channel,
      as: 'maya',
      act: (page) => page.locator('.composer').getByRole('button', { name: 'Emoji' }).click(),
    },
    {
      name: 'completion',
      hash: channel,
      as: 'maya',
      act: (page) => page.getByRole('textbox', { name: /^Message/ }).pressSequentially('**Done**, thanks @'),
    },
    { name: 'browse', hash: '#/', as: 'maya', act: click('Browse channels') },
    { name: 'new-direct', hash: '#/', as: 'maya', act: click('New message') },
    ...['profile', 'appearance', 'sessions', 'invitations'].map(
      (section): Shot => ({ name: `settings-${section}`, hash: `#/settings/${section}`, as: 'maya' }),
    ),
    ...['users', 'invitations', 'keys'].map(
      (section): Shot => ({ name: `admin-${section}`, hash: `#/admin/${section}`, as: 'maya' }),
    ),
  ];
}

async function takeAll(
  browser: Browser,
  url: string,
  workspace: Workspace,
  directory: string,
  only: RegExp,
): Promise<void> {
  const { maya } = workspace.people;
  const { code } = await maya.client.call('invitation.create', {});
  const shots = shotsOf(workspace, code).filter(({ name }) => only.test(name));
  for (const theme of THEMES) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      for (const shot of shots) {
        const path = join(directory, `${shot.name}-${size}-${theme}.png`);
        await take(browser, { url, shot, viewport, theme, person: shot.as === null ? null : maya, path });
      }
      console.log(`${theme} ${size}: ${shots.length} pictures`);
    }
  }
}

interface Take {
  readonly url: string;
  readonly shot: Shot;
  readonly viewport: { readonly width: number; readonly height: number };
  readonly theme: (typeof THEMES)[number];
  readonly person: Person | null;
  readonly path: string;
}

async function take(browser: Browser, { url, shot, viewport, theme, person, path }: Take): Promise<void> {
  const context = await browser.newContext({
    viewport,
    colorScheme: theme,
    locale: 'en-GB',
    reducedMotion: 'reduce',
    deviceScaleFactor: 1,
    serviceWorkers: 'block',
  });
  try {
    if (person !== null) {
      const session = JSON.stringify({ token: person.signedIn.token, userId: person.signedIn.user.id });
      await context.addInitScript(`localStorage.setItem('parley/session', ${JSON.stringify(session)})`);
    }
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') console.error(`${shot.name}: ${message.text()}`);
    });
    page.on('pageerror', (error) => console.error(`${shot.name}: ${error.message}`));
    await page.goto(`${url}/${shot.hash}`);
    await page
      .locator(person === null ? 'form' : '.own-button, .message, .back-link')
      .first()
      .waitFor({ state: 'attached' });
    await page.waitForLoadState('networkidle');
    await page.waitForTimeout(400);
    await shot.act?.(page).catch((error: unknown) => console.error(`${shot.name}: ${String(error).split('\n')[0]}`));
    if (shot.act !== undefined) await page.waitForTimeout(300);
    await page.screenshot({ path });
  } finally {
    await context.close();
  }
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
