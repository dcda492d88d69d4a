import { type KeyboardEvent, type RefObject, type SyntheticEvent, useLayoutEffect, useRef } from 'react';
import { isComposing } from '../../lib/is-composing.ts';
import { sendsText } from '../../lib/sends-text.ts';
import { type Formatting, formatText } from './format-text.ts';
import { typeText } from './type-text.ts';
import { useCompleter } from './use-completer.ts';

interface Options {
  readonly text: string;
  readonly setText: (text: string) => void;
  readonly textRef: RefObject<HTMLTextAreaElement | null>;
  readonly onSend: () => void;
  readonly onEditLast: () => void;
  readonly onCancel: () => void;
  readonly onTyping: (isTyping: boolean) => void;
}

/** What keys do in the composer: send, complete, format, edit the last message. */
export function useComposer({ text, setText, textRef, onSend, onEditLast, onCancel, onTyping }: Options) {
  const write = useCaretText(text, setText, textRef);
  const completer = useCompleter({ text, textRef, write });
  const insert = (piece: string) => {
    const area = textRef.current;
    const start = area?.selectionStart ?? text.length;
    const before = text.slice(0, start);
    // A sign that asks for a completion does so only at the start of a word.
    const space = piece === '@' && /\S$/.test(before) ? ' ' : '';
    const head = before + space + piece;
    const value = head + text.slice(area?.selectionEnd ?? text.length);
    write(value, head.length);
    completer.look(value, head.length);
  };
  const format = (formatting: Formatting) => {
    const area = textRef.current;
    if (area === null) return;
    const done = formatText({ text, start: area.selectionStart, end: area.selectionEnd }, formatting);
    completer.close();
    write(done.text, done.start, done.end);
  };
  const onFormatKey = (event: KeyboardEvent): boolean => {
    const formatting = formattingOf(event);
    if (formatting !== undefined) format(formatting);
    return formatting !== undefined;
  };
  const onPlainKey = (event: KeyboardEvent): boolean => {
    const isPlain = !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (sendsText(event)) onSend();
    else if (event.key === 'ArrowUp' && isPlain && text === '') onEditLast();
    else {
      if (event.key === 'Escape') onCancel();
      return false;
    }
    return true;
  };
  return {
    completer,
    insert,
    format,
    onKeyDown: (event: KeyboardEvent<HTMLTextAreaElement>) => {
      // The Enter that ends the writing of a Chinese or Japanese word sends nothing.
      if (isComposing(event.nativeEvent)) return;
      if (completer.onKey(event) || onFormatKey(event) || onPlainKey(event)) event.preventDefault();
    },
    onChange: (value: string, caret: number) => {
      setText(value);
      completer.look(value, caret);
      onTyping(value.trim() !== '');
    },
    onSelect: (event: SyntheticEvent<HTMLTextAreaElement>) => completer.look(text, event.currentTarget.selectionStart),
  };
}

/** Sets a text and moves the caret with it, once it is drawn. */
function useCaretText(text: string, setText: (text: string) => void, textRef: RefObject<HTMLTextAreaElement | null>) {
  const next = useRef<{ start: number; end: number } | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the caret follows the text.
  useLayoutEffect(() => {
    const selection = next.current;
    if (selection === null) return;
    next.current = null;
    textRef.current?.focus();
    textRef.current?.setSelectionRange(selection.start, selection.end);
  }, [text, textRef]);
  return (value: string, start: number, end = start) => {
    next.current = { start, end };
    const area = textRef.current;
    // What is typed comes back as a change of the field.
    if (area === null || !typeText(area, value)) setText(value);
  };
}

const PLAIN: Readonly<Record<string, Formatting>> = { b: 'bold', i: 'italic', e: 'code' };
/** By the key's place: with Shift the signs on digits differ from country to country. */
const SHIFTED: Readonly<Record<string, Formatting>> = { KeyX: 'strike', KeyU: 'link', Digit8: 'list', Digit9: 'quote' };

function formattingOf(event: KeyboardEvent): Formatting | undefined {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return undefined;
  return event.shiftKey ? SHIFTED[event.code] : PLAIN[event.key.toLowerCase()];
}
