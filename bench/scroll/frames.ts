import type { Page } from 'playwright-core';

/** What one run of scrolling was like. Times are of the browser's clock, in milliseconds. */
export interface Scrolled {
  /** Between one frame and the next, in order. */
  readonly frames: readonly number[];
  /** Frames in which nothing of the list stood in the middle of it. */
  readonly blanks: number;
  /** Messages that were drawn in the end. */
  readonly drawn: number;
  /** Pixels that the view moved. */
  readonly moved: number;
  /** Processor time that the page's process took for each frame: unlike the others, it hardly depends on who else is busy. */
  readonly cpuPerFrame: number;
}

/**
 * Scrolls by so many pixels in each frame, for so many frames, as a wheel or a finger does; older or newer messages are
 * loaded on the way as for anybody.
 */
const SCROLL = `(pixels, count) => new Promise((resolve) => {
  const log = document.querySelector('[role=log]');
  const box = log.getBoundingClientRect();
  const middle = box.top + box.height / 2;
  const frames = [];
  let blanks = 0, moved = 0, last = null;
  const step = (now) => {
    if (last !== null) frames.push(now - last);
    last = now;
    const drawn = log.querySelectorAll('article');
    const [top, bottom] = [drawn[0]?.getBoundingClientRect().top, drawn[drawn.length - 1]?.getBoundingClientRect().bottom];
    if (!(top <= middle && bottom >= middle)) blanks += 1;
    const before = log.scrollTop;
    log.scrollTop += pixels;
    moved += Math.abs(log.scrollTop - before);
    if (frames.length < count) requestAnimationFrame(step);
    else resolve({ frames, blanks, moved, drawn: log.querySelectorAll('article').length });
  };
  log.dispatchEvent(new WheelEvent('wheel', { deltaY: Math.sign(pixels), bubbles: true }));
  requestAnimationFrame(step);
})`;

/** Scrolls the conversation that is open, and counts. */
export async function scroll(page: Page, pixelsPerFrame: number, frames: number): Promise<Scrolled> {
  const before = await processorTime(page);
  const run = (await page.evaluate(`(${SCROLL})(${pixelsPerFrame}, ${frames})`)) as Omit<Scrolled, 'cpuPerFrame'>;
  return { ...run, cpuPerFrame: ((await processorTime(page)) - before) / run.frames.length };
}

/** Milliseconds of processor time of all pages; only one of them does anything. */
export async function processorTime(page: Page): Promise<number> {
  const session = await page.context().browser()?.newBrowserCDPSession();
  const found = await session?.send('SystemInfo.getProcessInfo');
  await session?.detach();
  const pages = (found?.processInfo ?? []).filter(({ type }) => type === 'renderer');
  return pages.reduce((sum, { cpuTime }) => sum + cpuTime * 1_000, 0);
}

/** The value below which a share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
