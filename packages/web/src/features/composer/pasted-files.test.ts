import { expect, test } from 'vitest';
import { pastedFiles } from './pasted-files.ts';

const picture = new File(['x'], 'image.png', { type: 'image/png' });
const clipboard = (files: readonly File[], texts: Readonly<Record<string, string>> = {}) => ({
  files,
  getData: (type: string) => texts[type] ?? '',
});

test('files are taken, also with their name as a text', () => {
  expect(pastedFiles(clipboard([picture]))).toEqual([picture]);
  expect(pastedFiles(clipboard([picture], { 'text/plain': 'image.png' }))).toEqual([picture]);
});

test('a picture that is copied from a page is a file', () => {
  expect(pastedFiles(clipboard([picture], { 'text/html': '<img src="x">' }))).toEqual([picture]);
});

test('a text stays a text, although an office program adds a picture of it', () => {
  const texts = { 'text/plain': 'a\tb', 'text/html': '<table><tr><td>a</td><td>b</td></tr></table>' };
  expect(pastedFiles(clipboard([picture], texts))).toEqual([]);
  expect(pastedFiles(clipboard([], texts))).toEqual([]);
});
