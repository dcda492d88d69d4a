import { expect, test } from 'vitest';
import { lexMarkdown } from '../markdown/lex.ts';
import { forwardText } from './forward-text.ts';

const PASSED = { author: 'Ada', place: '#engines', link: 'https://chat.example/#/c/c1/m/7', comment: '' };

test('says what was said, by whom and where', () => {
  const text = forwardText({ ...PASSED, body: 'one\n\n**two**', comment: ' Have a look ' });
  expect(text).toBe('Have a look\n\n> one\n> \n> **two**\n> \n> — [Ada, #engines](https://chat.example/#/c/c1/m/7)');
});

test('a name breaks no link', () => {
  const text = forwardText({ ...PASSED, body: 'x', author: '](javascript:1) [*Eve*' });
  const links = JSON.stringify(lexMarkdown(text)).match(/"href":"[^"]*"/g);
  expect(links).toEqual([`"href":"${PASSED.link}"`]);
});

test('a long text goes along in part', () => {
  expect(forwardText({ ...PASSED, body: 'a'.repeat(4_000) }).length).toBeLessThan(1_500);
});
