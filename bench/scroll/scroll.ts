import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../tests/support/chromium.ts';
import { atMost, type BenchOptions, type BenchResult, createResult, median, type Row } from '../bench.ts';
import { openBarePage } from './bare-page.ts';
import { type LongChannel, openLongChannel } from './channel.ts';
import { visitFirst } from './first-paint.ts';
import { quantile, type Scrolled, scroll } from './frames.ts';

export const name = 'scroll';
export const description = 'a first visit, and scrolling through a channel of 100,000 messages, in Chromium';

const MESSAGES = 100_000;
/** As fast as a hard spin of a wheel: about two screens a second. */
const PIXELS = 60;
/** Five seconds of a display of 60 Hz. */
const FRAMES = 300;
/** What a display of 60 Hz gives a frame, and half of it more: then one was missed. */
const FRAME_MS = 16.7;
const MISSED_MS = FRAME_MS * 1.5;
const TWO_FRAMES_MS = FRAME_MS * 2;
const BARE = 'a bare page of plain text';
/** Frames come at whole ticks of a clock that is not exact. */
const TOLERANCE_MS = 0.5;

/** Measures in a browser that has a window's worth of messages drawn at a time, at several places of the channel. */
export async function run({ quick, size, log }: BenchOptions): Promise<BenchResult> {
  const messages = size ?? MESSAGES;
  log(`scroll: filling a channel with ${messages} messages`);
  const long = await openLongChannel(messages);
  const browser = await launchBrowser();
  try {
    const visits = await firstVisits(browser, long, quick ? 3 : 9, log);
    const rows = await scrolls(browser, long, { messages, frames: FRAMES, rounds: quick ? 1 : 3, log });
    const ours = rows.filter((row) => row.side !== BARE);
    const bare = rows.find((row) => row.side === BARE);
    const missed = median(ours.map((row) => Number(row.missed_share)));
    const cpu = Math.max(...ours.map((row) => Number(row.cpu_ms_per_frame)));
    const cpuAtAll = median(ours.map((row) => Number(row.cpu_ms_per_frame)));
    return createResult(name, {
      rows: [visits, ...rows],
      ratios: { 'processor time for each frame, app to bare page': cpuAtAll / Number(bare?.cpu_ms_per_frame) },
      budgets: [
        atMost('first visit, messages to be read, ms', Number(visits.messages_ms), 1_000),
        atMost('share of frames missed while scrolling', missed, 0.01),
        atMost('processor time of the page for each frame, ms', cpu, FRAME_MS),
      ],
    });
  } finally {
    await browser.close();
    await long.close();
  }
}

function visitOf({ server, reader, channelId }: LongChannel) {
  const session = { token: reader.signedIn.token, userId: reader.signedIn.user.id };
  return { url: server.url, hash: `#/c/${channelId}`, session };
}

async function firstVisits(browser: Browser, long: LongChannel, count: number, log: (line: string) => void) {
  const visits = [];
  for (let index = 0; index < count; index++) {
    visits.push(await visitFirst(browser, visitOf(long)));
    log(`scroll: first visit ${index + 1}: messages after ${visits.at(-1)?.messages.toFixed(0)} ms`);
  }
  return {
    side: 'first visit',
    visits: count,
    page_ms: median(visits.map(({ page }) => page)),
    scripts_ms: median(visits.map(({ scripts }) => scripts)),
    first_paint_ms: median(visits.map(({ paint }) => paint)),
    messages_ms: median(visits.map(({ messages }) => messages)),
    cpu_ms: median(visits.map(({ cpu }) => cpu)),
    slowest_ms: Math.max(...visits.map(({ messages }) => messages)),
  };
}

interface Runs {
  readonly messages: number;
  readonly frames: number;
  readonly rounds: number;
  readonly log: (line: string) => void;
}

async function scrolls(browser: Browser, long: LongChannel, { messages, frames, rounds, log }: Runs): Promise<Row[]> {
  const sides: [side: string, go: (page: Page) => Promise<void>, pixels: number][] = [
    ['up from the end', (page) => page.locator(`[data-seq="${messages}"]`).waitFor(), -PIXELS],
    // The same page goes on: what is far behind must cost nothing.
    ['up, after much has gone by', (page) => leaf(page, -4_000, quickly(messages)), -PIXELS],
    ['down again', () => Promise.resolve(), PIXELS],
    ['down from the middle', (page) => goTo(page, long, Math.floor(messages / 2)), PIXELS],
    ['down from the beginning', (page) => goTo(page, long, 1), PIXELS],
  ];
  const found = new Map<string, Scrolled[]>();
  for (let round = 0; round < rounds; round++) {
    const page = await openApp(browser, long);
    for (const [side, go, pixels] of sides) {
      await go(page);
      const scrolled = await scroll(page, pixels, frames);
      log(`scroll: round ${round + 1}, ${side}: ${Math.round(scrolled.moved)} px, ${scrolled.drawn} messages drawn`);
      found.set(side, [...(found.get(side) ?? []), scrolled]);
    }
    await page.context().close();
    const bare = await openBarePage(browser);
    for (const pixels of [PIXELS, -PIXELS])
      found.set(BARE, [...(found.get(BARE) ?? []), await scroll(bare, pixels, frames)]);
    await bare.context().close();
  }
  return [...found].map(([side, runs]) => rowOf(side, runs));
}

/** Enough to have hundreds of pages behind. */
function quickly(messages: number): number {
  return Math.min(300, Math.floor(messages / 100));
}

async function openApp(browser: Browser, long: LongChannel): Promise<Page> {
  const { url, hash, session } = visitOf(long);
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, serviceWorkers: 'block' });
  await context.addInitScript(`localStorage.setItem('parley/session', ${JSON.stringify(JSON.stringify(session))})`);
  const page = await context.newPage();
  await page.goto(`${url}/${hash}`);
  return page;
}

async function goTo(page: Page, { server, channelId }: LongChannel, seq: number): Promise<void> {
  await page.goto(`${server.url}/#/c/${channelId}/m/${seq}`);
  await page.locator(`[data-seq="${seq}"]`).waitFor();
}

/** Goes through many pages as fast as they come. */
async function leaf(page: Page, pixels: number, frames: number): Promise<void> {
  await scroll(page, pixels, frames);
}

function rowOf(side: string, runs: readonly Scrolled[]): Row {
  const of = (read: (run: Scrolled) => number) => median(runs.map(read));
  return {
    side,
    frames: of((run) => run.frames.length),
    pixels: of((run) => run.moved),
    p50_ms: of((run) => quantile(run.frames, 0.5)),
    p99_ms: of((run) => quantile(run.frames, 0.99)),
    longest_ms: of((run) => Math.max(...run.frames)),
    late_share: of((run) => shareOf(run, FRAME_MS + TOLERANCE_MS)),
    missed_share: of((run) => shareOf(run, MISSED_MS)),
    over_33_share: of((run) => shareOf(run, TWO_FRAMES_MS + TOLERANCE_MS)),
    cpu_ms_per_frame: of((run) => run.cpuPerFrame),
    blank_frames: of((run) => run.blanks),
    drawn: of((run) => run.drawn),
  };
}

function shareOf({ frames }: Scrolled, boundMs: number): number {
  return frames.filter((ms) => ms > boundMs).length / frames.length;
}
