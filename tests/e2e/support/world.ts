import type { ChannelId } from '@parley/protocol';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type ServerProcess, serverProcess } from '../../../packages/server/src/testing/server-process.ts';
import { createTestDatabase, type TestDatabase } from '../../../packages/server/src/testing/test-database.ts';
import { launchBrowser } from '../../support/chromium.ts';
import type { Person } from '../../support/people.ts';

/** Generous: the machine may be busy. Nothing waits this long when all is well. */
const PATIENCE_MS = 45_000;

/** A server with its own database, and a browser. */
export interface World {
  readonly server: ServerProcess;
  readonly browser: Browser;
  /** Opens the app in a browser of its own, as somebody or as nobody. */
  open(person: Person | null, options?: OpenOptions): Promise<Page>;
}

export interface OpenOptions
  extends Pick<BrowserContextOptions, 'viewport' | 'colorScheme' | 'hasTouch' | 'isMobile' | 'locale'> {
  readonly hash?: string;
  /** Lets the service worker in, for tests of opening without a network. */
  readonly worker?: boolean;
  /** True where the network is meant to fail: the browser reports that as errors. */
  readonly toleratesNetwork?: boolean;
  /** True where the page's policy is meant to stop something, which the browser reports as errors too. */
  readonly toleratesPolicy?: boolean;
}

let launched: Promise<Browser> | undefined;

/** The one browser of this process, for all files of tests that run here; it ends with the process. */
function sharedBrowser(): Promise<Browser> {
  launched ??= launchBrowser();
  return launched;
}

/** Makes a world for a file of tests. Every page must end without an error and without anything that its policy had to stop. */
export function useWorld(env: Record<string, string> = {}): World {
  let database: TestDatabase;
  let server: ServerProcess;
  let browser: Browser;
  const contexts: BrowserContext[] = [];
  const problems: string[] = [];
  beforeAll(async () => {
    database = await createTestDatabase();
    server = await serverProcess(database.connectionString, {
      PARLEY_SIGN_UP: 'open',
      PARLEY_NAME: 'Northwind',
      ...env,
    });
    [browser] = await Promise.all([sharedBrowser(), server.start()]);
  });
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await takePictures(contexts, task.name);
    await Promise.all(contexts.splice(0).map((context) => context.close()));
    expect(problems.splice(0)).toEqual([]);
  });
  afterAll(async () => {
    await server?.stop();
    await database?.drop();
  });
  return {
    get server() {
      return server;
    },
    get browser() {
      return browser;
    },
    async open(
      person,
      { hash = '', worker = false, toleratesNetwork = false, toleratesPolicy = false, ...options } = {},
    ) {
      const context = await browser.newContext({
        locale: 'en-GB',
        reducedMotion: 'reduce',
        serviceWorkers: worker ? 'allow' : 'block',
        ...options,
      });
      contexts.push(context);
      context.setDefaultTimeout(PATIENCE_MS);
      await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url });
      if (person !== null) {
        const session = JSON.stringify({ token: person.signedIn.token, userId: person.signedIn.user.id });
        // Only at first: a session that the page has ended is not to come back with a reload.
        await context.addInitScript(
          `if (!sessionStorage.getItem('opened')) { sessionStorage.setItem('opened', '1'); localStorage.setItem('parley/session', ${JSON.stringify(session)}); }`,
        );
      }
      const page = await context.newPage();
      watch(page, problems, { toleratesNetwork, toleratesPolicy });
      await page.goto(`${server.url}/${hash}`);
      return page;
    },
  };
}

/** What the browsers showed when a test failed. */
async function takePictures(contexts: readonly BrowserContext[], test: string): Promise<void> {
  const name = test.replace(/\W+/g, '-').slice(0, 60);
  const pages = contexts.flatMap((context) => context.pages());
  await Promise.all(
    pages.map((page, index) => page.screenshot({ path: `artifacts/e2e/${name}-${index}.png` }).catch(() => undefined)),
  );
}

type Tolerance = Pick<OpenOptions, 'toleratesNetwork' | 'toleratesPolicy'>;

function watch(page: Page, problems: string[], { toleratesNetwork, toleratesPolicy }: Tolerance): void {
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    const isNetwork = /net::ERR|WebSocket|Failed to load resource|dynamically imported module|preload CSS/.test(
      message.text(),
    );
    const isPolicy = /Content Security Policy|Trusted|violates/.test(message.text());
    if (message.type() !== 'error' || (toleratesNetwork && isNetwork) || (toleratesPolicy && isPolicy)) return;
    problems.push(`console: ${message.text()}`);
  });
}

/** The field of the open conversation (or, with `name`, of that one). */
export function composer(page: Page, name: string | RegExp = /^(?:Message|Reply)/) {
  return page.getByRole('textbox', { name });
}

/** Has somebody read up to a message. The app opens where the server knows him to be, and reports of reading are gathered first. */
export async function haveRead({ client }: Person, channelId: ChannelId, seq: number): Promise<void> {
  client.channel(channelId).markRead(seq);
  const known = () => client.call('channel.get', { channelId });
  await expect.poll(async () => (await known()).membership?.readSeq).toBe(seq);
}

/** Writes a message and sends it. */
export async function write(page: Page, text: string): Promise<void> {
  await composer(page).first().fill(text);
  await composer(page).first().press('Enter');
}

/** The message with this text. */
export function message(page: Page, text: string | RegExp) {
  return page.locator('article[data-message]').filter({ has: page.locator('.message-body', { hasText: text }) });
}

/** Notes every text that these parts of a page show from now on, however shortly; gives what has been seen so far. */
export async function watchText(page: Page, selectors: readonly string[]): Promise<() => Promise<readonly string[]>> {
  await page.evaluate(`(() => {
    const seen = new Set();
    const look = () => {
      for (const selector of ${JSON.stringify(selectors)}) {
        for (const part of document.querySelectorAll(selector)) if (part.textContent !== '') seen.add(selector + ' ' + part.textContent);
      }
    };
    window.seenTexts = () => [...seen];
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
    look();
  })()`);
  return () => page.evaluate<readonly string[]>('window.seenTexts()');
}
