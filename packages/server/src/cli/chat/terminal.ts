import { createInterface, emitKeypressEvents } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
import { type Key, LineEditor } from './line-editor.ts';
import { rowsOf, textWidth } from './text-width.ts';

/** Lines kept for later changes; older ones have left the screen. */
const MAX_BLOCKS = 200;
const SAVE_CURSOR = '\u001b7';
const RESTORE_CURSOR = '\u001b8';
const CLEAR_BELOW = '\u001b[J';

/** Where a terminal reads and writes. */
export interface TerminalStreams {
  readonly input: Readable & { readonly isTTY?: boolean; setRawMode?(isRaw: boolean): unknown };
  readonly output: Writable & { readonly columns?: number; readonly rows?: number };
}

export interface TerminalPorts extends TerminalStreams {
  /** Completions of what is before the cursor, and the part of it that they replace. */
  complete(line: string): [string[], string];
  onLine(line: string): void;
  /** The line was changed, and there is something on it. */
  onKey(line: string): void;
  /** Ctrl-C or Ctrl-D on an empty line, or the end of input. */
  onEnd(): void;
}

interface Block {
  readonly id: string | null;
  text: string;
  /** How much of the text can be written over. */
  startLength: number;
}

/** A prompt at the bottom, and above it a growing page: what is printed goes between, without disturbing what is being typed. */
export class Terminal {
  readonly #ports: TerminalPorts;
  readonly #editor = new LineEditor();
  #prompt = '';
  /** Rows between the first row of the prompt and the cursor. */
  #cursorRow = 0;
  /** What was printed, oldest first. */
  #blocks: Block[] = [];
  #isClosed = false;

  constructor(ports: TerminalPorts) {
    this.#ports = ports;
    const { input, output } = ports;
    emitKeypressEvents(input);
    input.setRawMode?.(true);
    input.on('keypress', this.#press);
    input.on('end', this.#ended);
    output.on('resize', this.#resized);
    input.resume();
  }

  /** Prints text above the prompt. With an id it can be moved later, and its beginning `start` changed. */
  print(text: string, id: string | null = null, start = ''): void {
    if (this.#isClosed) return;
    this.#write(`${this.#erased()}${text}\n${this.#drawn()}`);
    this.#blocks.push({ id, text, startLength: start.length });
    if (this.#blocks.length > MAX_BLOCKS) this.#blocks = this.#blocks.slice(-MAX_BLOCKS);
  }

  /** Writes over the beginning of a printed line, while it is on the screen. */
  change(id: string, start: string): void {
    if (this.#isClosed) return;
    const at = this.#find(id);
    const block = this.#blocks[at];
    if (block === undefined) return;
    const up = this.#cursorRow + this.#rowsFrom(at);
    block.text = start + block.text.slice(block.startLength);
    block.startLength = start.length;
    if (up < this.#rows) this.#write(`${SAVE_CURSOR}\u001b[${up}A\r${start}${RESTORE_CURSOR}`);
  }

  /** Takes a printed line to another place, while both are on the screen: before another one, or below all others. */
  move(id: string, before: string | null): void {
    if (this.#isClosed) return;
    const from = this.#find(id);
    const to = before === null ? this.#blocks.length : this.#find(before);
    if (from === -1 || to === -1) return;
    const first = Math.min(from, to);
    const up = this.#rowsFrom(first);
    if (this.#cursorRow + up >= this.#rows) return;
    this.#blocks.splice(to > from ? to - 1 : to, 0, ...this.#blocks.splice(from, 1));
    const moved = this.#blocks.slice(first).map(({ text }) => `${text}\n`);
    this.#write(`${this.#erased()}\u001b[${up}A\r${CLEAR_BELOW}${moved.join('')}${this.#drawn()}`);
  }

  setPrompt(prompt: string): void {
    if (this.#isClosed || prompt === this.#prompt) return;
    const erased = this.#erased();
    this.#prompt = prompt;
    this.#write(erased + this.#drawn());
  }

  close(): void {
    if (this.#isClosed) return;
    this.#write(this.#erased());
    this.#isClosed = true;
    const { input, output } = this.#ports;
    input.off('keypress', this.#press);
    input.off('end', this.#ended);
    output.off('resize', this.#resized);
    input.setRawMode?.(false);
    input.pause();
  }

  #find(id: string): number {
    return this.#blocks.findLastIndex((block) => block.id === id);
  }

  /** Rows from the first of a block to the first of the prompt. */
  #rowsFrom(at: number): number {
    return this.#blocks.slice(at).reduce((rows, { text }) => rows + rowsOf(text, this.#columns), 0);
  }

  get #rows(): number {
    return this.#ports.output.rows ?? 24;
  }

  get #columns(): number {
    return this.#ports.output.columns ?? 80;
  }

  readonly #press = (_text: string | undefined, key: Key): void => {
    const action = this.#editor.press(key);
    switch (action.kind) {
      case 'changed':
        this.#changed();
        break;
      case 'submit':
        // What was typed goes away: what becomes of it is printed in its place.
        this.#redraw();
        this.#ports.onLine(action.line);
        break;
      case 'complete':
        this.#complete();
        break;
      case 'clear':
        this.#blocks = [];
        this.#write(`\u001b[H${CLEAR_BELOW}${this.#drawn()}`);
        break;
      case 'end':
        this.#ports.onEnd();
        break;
      case 'none':
        break;
    }
  };

  readonly #ended = (): void => this.#ports.onEnd();

  /** Rows were counted for another width: nothing above can be found any more. */
  readonly #resized = (): void => {
    this.#blocks = [];
    this.#redraw();
  };

  #complete(): void {
    const [found, replaced] = this.#ports.complete(this.#editor.before);
    const common = found.reduce((start, candidate) => commonStart(start, candidate), found[0] ?? '');
    if (found.length > 1 && common.length <= replaced.length) return this.print(found.join('  '));
    if (common === '') return;
    this.#editor.insert(common, replaced.length);
    this.#changed();
  }

  #changed(): void {
    this.#redraw();
    if (this.#editor.line !== '') this.#ports.onKey(this.#editor.line);
  }

  #redraw(): void {
    if (!this.#isClosed) this.#write(this.#erased() + this.#drawn());
  }

  /** What takes the prompt and the line from the screen. */
  #erased(): string {
    const up = this.#cursorRow === 0 ? '' : `\u001b[${this.#cursorRow}A`;
    this.#cursorRow = 0;
    return `${up}\r${CLEAR_BELOW}`;
  }

  /** What draws the prompt and the line, and puts the cursor where it belongs. */
  #drawn(): string {
    const width = textWidth(this.#prompt + this.#editor.line);
    const before = textWidth(this.#prompt + this.#editor.before);
    const lastRow = Math.floor(width / this.#columns);
    this.#cursorRow = Math.floor(before / this.#columns);
    // A row that is exactly full is only left by a further character.
    const wrapped = width > 0 && width % this.#columns === 0 ? ' ' : '';
    const up = lastRow > this.#cursorRow ? `\u001b[${lastRow - this.#cursorRow}A` : '';
    return `${this.#prompt}${this.#editor.line}${wrapped}${up}\u001b[${(before % this.#columns) + 1}G`;
  }

  #write(text: string): void {
    this.#ports.output.write(text);
  }
}

function commonStart(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length]?.toLowerCase() === b[length]?.toLowerCase()) length += 1;
  return a.slice(0, length);
}

/** Asks one question; a secret one is not shown while it is typed. */
export function ask({ input, output }: TerminalStreams, question: string, isSecret = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const hidden = new Writable({ write: (_chunk, _encoding, done) => done() });
    const readline = createInterface({ input, output: isSecret ? hidden : output, terminal: true });
    let isAnswered = false;
    if (isSecret) output.write(question);
    readline.question(isSecret ? '' : question, (answer) => {
      isAnswered = true;
      readline.close();
      if (isSecret) output.write('\n');
      resolve(answer);
    });
    readline.on('SIGINT', () => readline.close());
    readline.on('close', () => {
      if (!isAnswered) reject(new Error('unable to go on; the question was not answered'));
    });
  });
}
