import { expect, test } from 'vitest';
import { type Key, LineEditor } from './line-editor.ts';

function typed(...keys: readonly (string | Key)[]): LineEditor {
  const editor = new LineEditor();
  for (const key of keys) press(editor, key);
  return editor;
}

function press(editor: LineEditor, key: string | Key): void {
  if (typeof key !== 'string') editor.press(key);
  else for (const char of key) editor.press({ sequence: char });
}

const ctrl = (name: string): Key => ({ name, ctrl: true });
const named = (name: string): Key => ({ name });

test('types, moves and deletes by what a person sees as a character', () => {
  expect(typed('helo', named('left'), 'l').line).toBe('hello');
  expect(typed('a👍🏽é', named('backspace'), named('backspace')).line).toBe('a');
  expect(typed('abc', named('home'), named('delete'), named('right'), 'x').line).toBe('bxc');
  expect(typed('abc', ctrl('a'), 'x', ctrl('e'), 'y').line).toBe('xabcy');
});

test('deletes words and ends of lines', () => {
  expect(typed('one two three', ctrl('w')).line).toBe('one two ');
  expect(typed('one two  ', ctrl('w')).line).toBe('one ');
  expect(typed('one two', ctrl('left'), ctrl('u')).line).toBe('two');
  expect(typed('one two', ctrl('left'), ctrl('left'), ctrl('right'), ctrl('k')).line).toBe('one');
});

test('recalls lines, and keeps the one that was begun', () => {
  const editor = typed('first', named('return'), 'second', named('return'), 'begun', named('up'));
  expect(editor.line).toBe('second');
  press(editor, named('up'));
  press(editor, named('up'));
  expect(editor.line).toBe('first');
  press(editor, named('down'));
  press(editor, named('down'));
  press(editor, named('down'));
  expect(editor.line).toBe('begun');
});

test('control characters and keys without a meaning change nothing', () => {
  expect(
    typed('a', { sequence: '\u001b[31m' }, { sequence: '\u0007' }, named('f5'), { sequence: 'x', meta: true }).line,
  ).toBe('a');
});

test('replaces what a completion stands for', () => {
  const editor = typed('say @a now', ctrl('left'), named('left'));
  expect(editor.before).toBe('say @a');
  editor.insert('@ann', 2);
  expect(editor.line).toBe('say @ann now');
});
