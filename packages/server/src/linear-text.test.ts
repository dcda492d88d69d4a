import { bodySchema, isCleanText, usernameSchema } from '@parley/protocol';
import { expect, test } from 'vitest';
import { cleanFileName } from './attachments/file-name.ts';
import { findCalls } from './messages/mention-text.ts';
import { parseSearch } from './search/search-query.ts';
import { splitWords } from './search/words.ts';
import { bodyOf, markdownOf } from './webhooks/slack-payload.ts';

/** What begins something, over and over, and never ends it. */
const OPENERS =
  '< <@| <@ <!here| <!channel <https:a| <https:a ` `` ``` *a (* ~a & &lt; ( [ ]( ![ _ " \\ @ @a a@ a. .- # 👍 ❤️'
    .split(' ')
    .concat(' ', '\n', '\na', '`a\n', '   > ', ' *a', '@a ', '    a\n', '```a\n', '"a ', '1. ', '\u0301');

const LONG = 100_000;
/** Where work grows with the square, four times as much text takes sixteen times as long. */
const MAX_GROWTH = 10;
/** Of the processor, not of the clock; so much may be chance. */
const CHANCE_MS = 150;

function rich(text: string): string {
  const elements = text.match(/.{1,30000}/gs)?.map((part) => ({ type: 'text', text: part }));
  return bodyOf({ blocks: [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }] });
}

function workMs(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function refused(work: () => unknown): void {
  try {
    work();
  } catch {
    // To be refused is as good as to be read.
  }
}

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'Slack’s text': markdownOf,
  'Slack’s attachments': (text) => bodyOf({ attachments: [{ text }] }),
  'Slack’s rich text': rich,
  mentions: findCalls,
  words: splitWords,
  searches: (text) => refused(() => parseSearch(text)),
  'names of files': cleanFileName,
  'texts of messages': (text) => [isCleanText(text), bodySchema.safeParse(text)],
  'user names': (text) => usernameSchema.safeParse(text),
};

test.each(Object.entries(READERS))('[TEXT5] %s are read in linear time, whatever is opened in them', (_name, read) => {
  const slow = OPENERS.flatMap((opener) => [opener, `${opener}x`]).filter((text) => {
    const opener = text.endsWith('x') ? text.slice(0, -1) : text;
    const filled = (length: number) => opener.repeat(length / opener.length) + (text === opener ? '' : 'x');
    const short = workMs(() => read(filled(LONG / 4)));
    return workMs(() => read(filled(LONG))) > short * MAX_GROWTH + CHANCE_MS;
  });
  expect(slow).toEqual([]);
});
