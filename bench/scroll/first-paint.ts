import type { Browser, Page } from 'playwright-core';

/** How long the first visit took, in milliseconds from the moment the address was gone to. */
export interface FirstVisit {
  /** Something was drawn. */
  readonly paint: number;
  /** The newest messages were there to be read. */
  readonly messages: number;
}

/** Looks at every frame for a message that can be seen. */
const WATCH = `(() => {
  const look = () => {
    const message = document.querySelector('[role=log] article');
    if (message !== null && getComputedStyle(message).visibility === 'visible') window.__seenAt = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()`;

/** Waits for what was watched for. */
const FOUND = `new Promise((resolve) => {
  const look = () => {
    if (window.__seenAt === undefined) return setTimeout(look, 20);
    const paint = performance.getEntriesByName('first-contentful-paint')[0];
    resolve({ paint: paint.startTime, messages: window.__seenAt });
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
  const found = (await page.evaluate(FOUND)) as FirstVisit;
  await context.close();
  return found;
}
