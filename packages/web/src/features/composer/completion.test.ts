import { describe, expect, test } from 'vitest';
import { complete, findTrigger } from './completion.ts';

const at = (text: string) => findTrigger(text, text.length);

describe('findTrigger', () => {
  test('finds what a letter at the start of a word asks for', () => {
    expect(at('hi @an')).toEqual({ kind: 'person', query: 'an', start: 3 });
    expect(at('@')).toEqual({ kind: 'person', query: '', start: 0 });
    expect(at('see #gen')).toEqual({ kind: 'channel', query: 'gen', start: 4 });
    expect(at('(:tad')).toEqual({ kind: 'emoji', query: 'tad', start: 1 });
  });

  test('is silent inside of words, addresses, times and faces', () => {
    for (const text of ['mail a@b', 'http://x#y', '12:30', ':)', ':p', 'a#b', '@ann hello'])
      expect(at(text)).toBeNull();
  });

  test('is silent in code', () => {
    expect(at('run `npm i @sco')).toBeNull();
    expect(at('```\n@sco')).toBeNull();
    expect(at('`a` @sco')).not.toBeNull();
  });

  test('looks at the caret, not at the end', () => {
    expect(findTrigger('@an and more', 3)).toEqual({ kind: 'person', query: 'an', start: 0 });
  });
});

describe('complete', () => {
  test('takes the place of what was typed and goes on behind a space', () => {
    const trigger = { kind: 'person', query: 'an', start: 3 } as const;
    expect(complete('hi @an', 6, trigger, '@anna')).toEqual({ text: 'hi @anna ', caret: 9 });
    expect(complete('hi @an there', 6, trigger, '@anna')).toEqual({ text: 'hi @anna there', caret: 9 });
  });
});
