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
  /** Time that the page's thread worked, for each frame. */
  readonly workPerFrame: number;
}

/**
 * Scrolls by so many pixels in each frame, for so many frames, as a wheel or a finger does; older or newer messages are
 * loaded on the way as for anybody.
 */
const SCROLL = `(pixels, count) => new Promise((resolve) => {
  const log = document.querySelector('[role=log]');
  const box = log.getBoundingClientRect();
  const frames = [];
  let blanks = 0, moved = 0, last = null;
  const step = (now) => {
    if (last !== null) frames.push(now - last);
    last = now;
    const under = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    if (under === null || under.closest('[role=log] > div > div') === null) blanks += 1;
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
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const worked = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0) * 1_000;
  };
  const before = await worked();
  const run = (await page.evaluate(`(${SCROLL})(${pixelsPerFrame}, ${frames})`)) as Omit<Scrolled, 'workPerFrame'>;
  const after = await worked();
  await session.detach();
  return { ...run, workPerFrame: (after - before) / run.frames.length };
}

/** The value below which a share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
