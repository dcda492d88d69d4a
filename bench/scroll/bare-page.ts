import type { Browser, Page } from 'playwright-core';

const ROWS = 1_500;
const TEXTS = [
  'Sounds good to me.',
  'Who can take the call at three?',
  'I would rather wait for the review; it is not urgent.',
];

/** A page of nothing but lines of text, to scroll beside the app: what this browser on this machine can do at its best. */
export async function openBarePage(browser: Browser): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  const rows = Array.from(
    { length: ROWS },
    (_, index) => `<article>${index}: ${TEXTS[index % TEXTS.length]}</article>`,
  );
  await page.setContent(
    `<style>[role=log] { height: 800px; overflow-y: auto } article { padding: 4px 20px; font: 15px/1.5 sans-serif }</style>
     <div role="log">${rows.join('')}</div>`,
  );
  return page;
}
