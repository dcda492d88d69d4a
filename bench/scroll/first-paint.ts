import type { Browser, Page } from 'playwright-core';
import { processorTime } from './frames.ts';

/** How long the first visit took, in milliseconds from the moment the address was gone to. */
export interface FirstVisit {
  /** The page was here. */
  readonly page: number;
  /** Its scripts were here. */
  readonly scripts: number;
  /** Something was drawn. */
  readonly paint: number;
  /** The newest messages were there to be read. */
  readonly messages: number;
  /** Processor time of the page's process until then, in milliseconds: company on the machine hardly changes it. */
  readonly cpu: number;
}

/**
 * Looks for a message that can be seen whenever something has changed, and notes when the next frame is due. To ask for every frame
 * would have the browser draw them all, on the processor that the app needs.
 */
const WATCH = `(() => {
  const look = () => {
    const message = document.querySelector('[role=log] article');
    if (message === null || getComputedStyle(message).visibility !== 'visible') return;
    changes.disconnect();
    requestAnimationFrame(() => (window.__seenAt = performance.now()));
  };
  const changes = new MutationObserver(look);
  changes.observe(document, { subtree: true, childList: true, attributeFilter: ['class'] });
})()`;

/** Waits for what was watched for. */
const FOUND = `new Promise((resolve) => {
  const look = () => {
    // The entry of a paint comes after the frame that it tells of.
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    if (window.__seenAt === undefined || paint === undefined) return setTimeout(look, 20);
    const page = performance.getEntriesByType('navigation')[0].responseEnd;
    const scripts = performance.getEntriesByType('resource').filter(({ name }) => /[/](?:start|base|app)-[^/]*[.]js$/.test(name));
    resolve({ page, scripts: Math.max(...scripts.map(({ responseEnd }) => responseEnd)), paint: paint.startTime, messages: window.__seenAt });
  };
  look();
})`;

interface Visit {
  readonly url: string;
  readonly hash: string;
  /** What the browser keeps of a person who has signed in. */
  readonly session: object;
}

/** Opens the app in a browser that has nothing of it yet. */
export async function visitFirst(browser: Browser, { url, hash, session }: Visit): Promise<FirstVisit> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  await context.addInitScript(`localStorage.setItem('parley/session', ${JSON.stringify(JSON.stringify(session))})`);
  await context.addInitScript(WATCH);
  const page: Page = await context.newPage();
  await page.goto(`${url}/${hash}`);
  const found = (await page.evaluate(FOUND)) as Omit<FirstVisit, 'cpu'>;
  const cpu = await processorTime(page);
  await context.close();
  return { ...found, cpu };
}
