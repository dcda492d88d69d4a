/** A key as node's `keypress` events tell it. */
export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
  readonly meta?: boolean | undefined;
}

/** What a key asks for beyond a change of the line. */
export type EditorAction =
  | { readonly kind: 'none' | 'changed' | 'complete' | 'clear' | 'end' }
  | { readonly kind: 'submit'; readonly line: string };

const MAX_HISTORY = 500;
const NONE = { kind: 'none' } as const;
const CHANGED = { kind: 'changed' } as const;
// A control character in what was typed or pasted is a key that means nothing here.
const CONTROL = /\p{Cc}/u;
const segmenter = new Intl.Segmenter();

/** One line being typed, with its cursor and the lines typed before: what keys do to it, and nothing of how it looks. */
export class LineEditor {
  /** What a person sees as one character may be several code points. */
  #chars: string[] = [];
  #cursor = 0;
  readonly #history: string[] = [];
  /** Where in the history the line comes from; its length while it is a new one. */
  #place = 0;
  #draft = '';

  get line(): string {
    return this.#chars.join('');
  }

  /** The part of the line before the cursor. */
  get before(): string {
    return this.#chars.slice(0, this.#cursor).join('');
  }

  /** Puts text in place of the last `replaced` code units before the cursor. */
  insert(text: string, replaced = 0): void {
    const { before } = this;
    const start = before.slice(0, before.length - replaced) + text;
    // Split anew: what is added may join the character before it, as the colour of an emoji does.
    this.#chars = splitChars(start + this.#chars.slice(this.#cursor).join(''));
    this.#cursor = splitChars(start).length;
  }

  /** Does what a key asks for. */
  press(key: Key): EditorAction {
    if (key.ctrl) return this.#pressWithCtrl(key.name ?? '');
    switch (key.name) {
      case 'return':
      case 'enter':
        return { kind: 'submit', line: this.#submit() };
      case 'tab':
        return { kind: 'complete' };
      case 'backspace':
        return key.meta ? this.#cut(this.#wordStart(), this.#cursor) : this.#cut(this.#cursor - 1, this.#cursor);
      case 'delete':
        return this.#cut(this.#cursor, this.#cursor + 1);
      case 'left':
        return this.#move(key.meta ? this.#wordStart() : this.#cursor - 1);
      case 'right':
        return this.#move(key.meta ? this.#wordEnd() : this.#cursor + 1);
      case 'home':
        return this.#move(0);
      case 'end':
        return this.#move(this.#chars.length);
      case 'up':
        return this.#recall(this.#place - 1);
      case 'down':
        return this.#recall(this.#place + 1);
      default:
        return this.#type(key);
    }
  }

  #pressWithCtrl(name: string): EditorAction {
    switch (name) {
      case 'a':
        return this.#move(0);
      case 'e':
        return this.#move(this.#chars.length);
      case 'u':
        return this.#cut(0, this.#cursor);
      case 'k':
        return this.#cut(this.#cursor, this.#chars.length);
      case 'w':
        return this.#cut(this.#wordStart(), this.#cursor);
      case 'left':
        return this.#move(this.#wordStart());
      case 'right':
        return this.#move(this.#wordEnd());
      case 'l':
        return { kind: 'clear' };
      case 'c':
        return this.#chars.length === 0 ? { kind: 'end' } : this.#cut(0, this.#chars.length);
      case 'd':
        return this.#chars.length === 0 ? { kind: 'end' } : this.#cut(this.#cursor, this.#cursor + 1);
      default:
        return NONE;
    }
  }

  #type({ sequence = '', meta }: Key): EditorAction {
    if (sequence === '' || meta || CONTROL.test(sequence)) return NONE;
    this.insert(sequence);
    return CHANGED;
  }

  #submit(): string {
    const { line } = this;
    if (line.trim() !== '' && this.#history.at(-1) !== line) this.#history.push(line);
    if (this.#history.length > MAX_HISTORY) this.#history.shift();
    this.#place = this.#history.length;
    this.#set('');
    return line;
  }

  #recall(place: number): EditorAction {
    if (place < 0 || place > this.#history.length) return NONE;
    if (this.#place === this.#history.length) this.#draft = this.line;
    this.#place = place;
    this.#set(this.#history[place] ?? this.#draft);
    return CHANGED;
  }

  #set(line: string): void {
    this.#chars = splitChars(line);
    this.#cursor = this.#chars.length;
  }

  #move(cursor: number): EditorAction {
    this.#cursor = Math.max(0, Math.min(this.#chars.length, cursor));
    return CHANGED;
  }

  #cut(from: number, to: number): EditorAction {
    if (from < 0 || from >= to) return NONE;
    this.#chars.splice(from, to - from);
    this.#cursor = from;
    return CHANGED;
  }

  #wordStart(): number {
    const { before } = this;
    return splitChars(before.slice(0, /\S*\s*$/u.exec(before)?.index ?? 0)).length;
  }

  #wordEnd(): number {
    const after = this.#chars.slice(this.#cursor).join('');
    return this.#cursor + splitChars(/^\s*\S*/u.exec(after)?.[0] ?? '').length;
  }
}

function splitChars(text: string): string[] {
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
