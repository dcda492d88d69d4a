import { type KeyboardEvent, type RefObject, useEffect, useId, useRef, useState } from 'react';
import { noteEmoji } from '../emoji/recent-emoji.ts';
import { complete, findTrigger, type Trigger } from './completion.ts';
import { type Completion, useCompletions } from './use-completions.ts';

interface Options {
  readonly text: string;
  readonly textRef: RefObject<HTMLTextAreaElement | null>;
  /** Puts a text in the place of the old one, with the caret at `caret`. */
  readonly write: (text: string, caret: number) => void;
}

export interface Completer {
  readonly listId: string;
  readonly listRef: RefObject<HTMLDivElement | null>;
  readonly items: readonly Completion[];
  readonly at: number;
  readonly choose: (item: Completion) => void;
  /** Looks whether something at the caret asks for a completion. */
  readonly look: (text: string, caret: number) => void;
  readonly close: () => void;
  /** Moves in the list, chooses or closes it; false when the key is not for it. */
  readonly onKey: (event: KeyboardEvent) => boolean;
}

/** Completes names of people, channels and emoji while one writes. */
export function useCompleter({ text, textRef, write }: Options): Completer {
  const listId = useId();
  const listRef = useRef<HTMLDivElement>(null);
  const [trigger, setTrigger] = useState<Trigger | null>(null);
  const [at, setAt] = useState(0);
  const items = useCompletions(trigger);
  useEffect(() => {
    if (at >= items.length) setAt(0);
  }, [at, items.length]);

  const choose = (item: Completion) => {
    const area = textRef.current;
    if (area === null || trigger === null) return;
    if (item.emoji !== undefined) noteEmoji(item.emoji);
    const done = complete(text, area.selectionStart, trigger, item.insert);
    setTrigger(null);
    write(done.text, done.caret);
  };
  const onKey = (event: KeyboardEvent): boolean => {
    const item = items[at];
    if (item === undefined) return false;
    if (event.key === 'ArrowDown') setAt((at + 1) % items.length);
    else if (event.key === 'ArrowUp') setAt((at - 1 + items.length) % items.length);
    else if ((event.key === 'Enter' && !event.shiftKey) || event.key === 'Tab') choose(item);
    else if (event.key === 'Escape') setTrigger(null);
    else return false;
    event.stopPropagation();
    return true;
  };
  return {
    listId,
    listRef,
    items,
    at,
    choose,
    onKey,
    close: () => setTrigger(null),
    look(value, caret) {
      const found = findTrigger(value, caret);
      setTrigger(found);
      if (found?.query !== trigger?.query) setAt(0);
    },
  };
}
