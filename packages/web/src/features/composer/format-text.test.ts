import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatText } from './format-text.ts';

describe('formatText', () => {
  test('puts marks around what is selected', () => {
    expect(formatText({ text: 'a word here', start: 2, end: 6 }, 'bold')).toEqual({
      text: 'a **word** here',
      start: 4,
      end: 8,
    });
  });

  test('puts lines of code into a fence', () => {
    expect(formatText({ text: 'a\nb', start: 0, end: 3 }, 'code').text).toBe('```\na\nb\n```');
  });

  test('marks each selected line', () => {
    expect(formatText({ text: 'a\nb\nc', start: 2, end: 5 }, 'quote').text).toBe('a\n> b\n> c');
  });

  test('leaves the caret where something is missing', () => {
    expect(formatText({ text: 'docs', start: 0, end: 4 }, 'link')).toEqual({
      text: '[docs](https://)',
      start: 15,
      end: 15,
    });
    expect(formatText({ text: 'https://a.b', start: 0, end: 11 }, 'link')).toEqual({
      text: '[](https://a.b)',
      start: 1,
      end: 1,
    });
  });

  test('the same format twice is no format', () => {
    const formats = fc.constantFrom('bold', 'italic', 'strike', 'quote', 'list');
    fc.assert(
      fc.property(fc.string(), fc.nat(20), fc.nat(20), formats, (text, a, b, formatting) => {
        const start = Math.min(a, b, text.length);
        const end = Math.min(Math.max(a, b), text.length);
        // Marks that were there already are their own story.
        fc.pre(!/[*_~>-]/.test(text));
        const twice = formatText(formatText({ text, start, end }, formatting), formatting);
        expect(twice.text).toBe(text);
      }),
    );
  });
});
