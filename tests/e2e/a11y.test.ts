import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { addWebhooks, makeWorkspace, type Workspace } from '../support/workspace.ts';
import { type Act, press } from './support/acts.ts';
import { composer, useWorld } from './support/world.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** No rule of these needs the style sheets fetched once more; one needs to know how long sounds are. */
const OPTIONS = { resultTypes: ['violations'], preload: { assets: ['media'] } };
const world = useWorld();
let workspace: Workspace;

beforeAll(async () => {
  workspace = await makeWorkspace(world.server);
  await addWebhooks(workspace);
});

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary: string }[];
}

/** What axe finds in both themes. How much the page is seen against differs by theme, all else is told by one. */
async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate<boolean>('"axe" in window'))) await page.evaluate(AXE);
  const found: string[] = [];
  for (const [colorScheme, rules] of [
    ['dark', ['color-contrast']],
    ['light', TAGS],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    // Colours that are on their way from one theme to the other are nobody's choice.
    await page.evaluate(
      'for (const animation of document.getAnimations()) if (animation instanceof CSSTransition) animation.finish()',
    );
    const options = { ...OPTIONS, runOnly: rules };
    const wrong = await page.evaluate<readonly Violation[]>(
      `axe.run(document, ${JSON.stringify(options)}).then(({ violations }) => violations)`,
    );
    for (const { id, nodes } of wrong) {
      for (const { target, failureSummary } of nodes)
        found.push(`${colorScheme}: ${id}: ${target.join(' ')} ${failureSummary.split('\n')[1] ?? ''}`);
    }
  }
  return found;
}

/** Whatever is open in front of the page is not there for the next one. */
async function clear(page: Page): Promise<void> {
  const front = page.locator('dialog[open], :popover-open');
  for (let tries = 0; tries < 3 && (await front.count()) > 0; tries++) await page.keyboard.press('Escape');
  if ((await front.count()) === 0) return;
  await page.reload();
  await settled(page);
}

/** Pages apart from the conversation are loaded when they are first gone to. */
const heading =
  (name: string): Act =>
  (page) =>
    page.getByRole('heading', { name, exact: true }).first().waitFor();

const click =
  (name: string): Act =>
  (page) =>
    page.getByRole('button', { name, exact: true }).first().click();
/** What comes in front of the page is looked at only once it is there. */
const opening =
  (act: Act): Act =>
  async (page) => {
    await act(page);
    await page.locator('dialog[open], :popover-open').first().waitFor();
  };
const settled = (page: Page) =>
  page.locator('.shell[data-connection=online] .own-button').waitFor({ state: 'attached' });

/** Every page, by its address and what is done there. */
const PAGES: readonly (readonly [name: string, hash: (workspace: Workspace) => string, act?: Act])[] = [
  ['home', () => '#/', (page) => page.getByRole('heading', { level: 1 }).first().waitFor()],
  ['channel', ({ channels }) => `#/c/${channels.engineering}`, (page) => page.locator('.reaction').first().waitFor()],
  [
    'message tools',
    ({ channels }) => `#/c/${channels.engineering}`,
    async (page) => {
      await page.locator('.message').last().hover();
      await page.locator('.message-toolbar').waitFor();
    },
  ],
  ['direct', ({ direct }) => `#/c/${direct}`, (page) => page.locator('.message').first().waitFor()],
  [
    'thread',
    ({ channels, threadId }) => `#/c/${channels.engineering}/thread/${threadId}`,
    (page) => page.locator('.pane .message').nth(2).waitFor(),
  ],
  [
    'members',
    ({ channels }) => `#/c/${channels.engineering}/members`,
    (page) => page.locator('.member-row').first().waitFor(),
  ],
  [
    'details',
    ({ channels }) => `#/c/${channels.engineering}/details`,
    (page) => page.getByRole('button', { name: 'Channel settings', exact: true }).waitFor(),
  ],
  [
    'channel settings',
    ({ channels }) => `#/c/${channels.engineering}/details`,
    (page) => click('Channel settings')(page).then(() => page.getByLabel('Who can write').waitFor()),
  ],
  ['pins', ({ channels }) => `#/c/${channels.engineering}/pins`, (page) => page.locator('.pinned').waitFor()],
  ['threads', () => '#/threads', heading('Threads')],
  ['search', () => '#/search/test%20from:sam', (page) => page.locator('.search-result').first().waitFor()],
  ['search without a word', () => '#/search', (page) => page.getByRole('search').waitFor()],
  [
    'a filter of the search',
    () => '#/search',
    (page) => click('From')(page).then(() => page.locator('.choices button').first().waitFor()),
  ],
  ['jump to a date', ({ channels }) => `#/c/${channels.engineering}`, opening(click('Jump to a date'))],
  [
    'a profile',
    ({ channels }) => `#/c/${channels.engineering}`,
    (page) =>
      page
        .locator('button.message-author', { hasText: 'Kenji' })
        .last()
        .click()
        .then(() => page.locator('.profile-popover').waitFor()),
  ],
  ['switcher', () => '#/', opening(press('Control+k'))],
  ['shortcuts', () => '#/', opening(press('?'))],
  [
    'channel browser',
    () => '#/',
    (page) => click('Browse channels')(page).then(() => page.locator('.browse-row').first().waitFor()),
  ],
  [
    'new direct message',
    () => '#/',
    (page) => click('New message')(page).then(() => page.locator('.found-person').first().waitFor()),
  ],
  [
    'emoji',
    ({ channels }) => `#/c/${channels.engineering}`,
    async (page) => {
      await page.locator('.composer').getByRole('button', { name: 'Emoji' }).click();
      await page.locator('.popover [role=option], .popover button').nth(20).waitFor();
    },
  ],
  [
    'completion',
    ({ channels }) => `#/c/${channels.engineering}`,
    (page) =>
      composer(page)
        .pressSequentially('@')
        .then(() => page.getByRole('option').first().waitFor()),
  ],
  [
    'a recording',
    ({ channels }) => `#/c/${channels.engineering}`,
    async (page) => {
      await page.context().grantPermissions(['microphone'], { origin: world.server.url });
      await click('Record a voice message')(page);
      await page.getByRole('group', { name: 'Voice message' }).waitFor();
    },
  ],
  ['own menu', () => '#/', opening((page) => page.locator('.own-button').click())],
  [
    'status',
    () => '#/',
    (page) =>
      page
        .locator('.own-button')
        .click()
        .then(() => page.getByRole('menuitem', { name: 'Set status' }).click())
        .then(() => page.getByRole('dialog').waitFor()),
  ],
  ['profile', () => '#/settings/profile', heading('Name')],
  ['appearance', () => '#/settings/appearance', (page) => page.getByText('Theme', { exact: true }).waitFor()],
  ['sessions', () => '#/settings/sessions', (page) => page.locator('.rows li').first().waitFor()],
  ['invitations', () => '#/settings/invitations', heading('Invitations')],
  ['figures', () => '#/admin/metrics', (page) => page.locator('.figures').waitFor()],
  ['flags', () => '#/admin/flags', (page) => page.locator('.flag').first().waitFor()],
  ['audit', () => '#/admin/audit', (page) => page.locator('.table tbody tr').first().waitFor()],
  ['users', () => '#/admin/users', (page) => page.locator('.rows li').first().waitFor()],
  ['keys', () => '#/admin/keys', heading('API keys')],
  ['webhooks', () => '#/admin/webhooks', (page) => page.locator('.rows li').first().waitFor()],
  [
    'a new webhook',
    () => '#/admin/webhooks',
    (page) => click('New webhook')(page).then(() => page.getByLabel('Outgoing').check()),
  ],
  [
    'deliveries',
    () => '#/admin/webhooks',
    async (page) => {
      await page.getByRole('button', { name: 'Actions for Archive' }).click();
      await page.getByRole('menuitem', { name: 'Deliveries' }).click();
      await page.locator('dialog .rows li').first().waitFor();
    },
  ],
  ['queue', () => '#/admin/queue', (page) => page.locator('.figures').waitFor()],
];

describe('axe finds nothing wrong in either theme', () => {
  test('with signing in and up', async () => {
    for (const hash of ['', '#/join/pin_none']) {
      const page = await world.open(null, { hash });
      await page.getByLabel('Password', { exact: true }).waitFor();
      expect(await violations(page), hash).toEqual([]);
    }
  });

  test('with any page', async () => {
    const page = await world.open(workspace.people.maya);
    await settled(page);
    const found: Record<string, string[]> = {};
    for (const [name, hash, act] of PAGES) {
      await page.goto(`${world.server.url}/${hash(workspace)}`);
      await act?.(page);
      const wrong = await violations(page);
      if (wrong.length > 0) found[name] = wrong;
      await clear(page);
    }
    expect(found).toEqual({});
  });

  test('on a phone', async () => {
    const page = await world.open(workspace.people.maya, { viewport: { width: 390, height: 780 }, hasTouch: true });
    await settled(page);
    expect(await violations(page)).toEqual([]);
    await page.goto(`${world.server.url}/#/c/${workspace.channels.engineering}`);
    await page.locator('.message').first().waitFor();
    expect(await violations(page)).toEqual([]);
  });

  test('and the themes differ', async () => {
    const page = await world.open(workspace.people.maya);
    await settled(page);
    const colour = () => page.evaluate<string>('getComputedStyle(document.querySelector(".shell")).backgroundColor');
    const light = await colour();
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await colour()).not.toBe(light);
  });
});
