import { createInterface, type Interface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
import { rowsOf } from './text-width.ts';

/** Lines kept for later changes; older ones have left the screen. */
const MAX_BLOCKS = 200;
const SAVE_CURSOR = '\u001b7';
const RESTORE_CURSOR = '\u001b8';

/** Where a terminal reads and writes. */
export interface TerminalStreams {
  readonly input: Readable & { readonly isTTY?: boolean };
  readonly output: Writable & { readonly columns?: number; readonly rows?: number };
}

export interface TerminalPorts extends TerminalStreams {
  /** Completions of a line, and the part of it that they replace. */
  complete(line: string): [string[], string];
  onLine(line: string): void;
  /** A key was pressed while there is something on the line. */
  onKey(line: string): void;
  /** Ctrl-C on an empty line, or the end of input. */
  onEnd(): void;
}

interface Block {
  readonly id: string | null;
  readonly rows: number;
}

/** A prompt at the bottom, and above it a growing page: what is printed goes between, without disturbing what is being typed. */
export class Terminal {
  readonly #ports: TerminalPorts;
  readonly #readline: Interface;
  /** What was printed, oldest first, with how many rows each took. */
  #blocks: Block[] = [];
  #isClosed = false;

  constructor(ports: TerminalPorts) {
    this.#ports = ports;
    this.#readline = createInterface({
      input: ports.input,
      output: ports.output,
      terminal: true,
      historySize: 500,
      removeHistoryDuplicates: true,
      completer: (line: string) => ports.complete(line),
    });
    this.#readline.on('line', (line) => this.#takeLine(line));
    this.#readline.on('SIGINT', () => this.#interrupt());
    this.#readline.on('close', () => this.#end());
    ports.input.on('keypress', this.#onKey);
    ports.output.on('resize', this.#onResize);
  }

  /** Prints text above the prompt. With an id, its beginning can be changed later. */
  print(text: string, id: string | null = null): void {
    if (this.#isClosed) return;
    const { line, cursor } = this.#readline;
    // The typed line is taken away and written again below: only public means of readline, so it stays in step with the screen.
    this.#eraseLine();
    this.#write(`\r\u001b[J${text}\n`);
    this.#blocks.push({ id, rows: rowsOf(text, this.#columns) });
    if (this.#blocks.length > MAX_BLOCKS) this.#blocks = this.#blocks.slice(-MAX_BLOCKS);
    this.#readline.prompt();
    this.#typeAgain(line, cursor);
  }

  /** Writes over the beginning of a printed line, while it is on the screen. */
  change(id: string, start: string): void {
    if (this.#isClosed) return;
    const at = this.#blocks.findLastIndex((block) => block.id === id);
    if (at === -1) return;
    const below = this.#blocks.slice(at).reduce((rows, block) => rows + block.rows, 0);
    const up = below + this.#readline.getCursorPos().rows;
    if (up >= (this.#ports.output.rows ?? 24)) return;
    this.#write(`${SAVE_CURSOR}\u001b[${up}A\r${start}${RESTORE_CURSOR}`);
  }

  setPrompt(prompt: string): void {
    if (this.#isClosed || prompt === this.#readline.getPrompt()) return;
    const { line, cursor } = this.#readline;
    this.#eraseLine();
    this.#write('\r\u001b[J');
    this.#readline.setPrompt(prompt);
    this.#readline.prompt();
    this.#typeAgain(line, cursor);
  }

  close(): void {
    this.#readline.close();
  }

  get #columns(): number {
    return this.#ports.output.columns ?? 80;
  }

  #write(text: string): void {
    this.#ports.output.write(text);
  }

  #eraseLine(): void {
    if (this.#readline.line === '') return;
    this.#readline.write(null, { ctrl: true, name: 'e' });
    this.#readline.write(null, { ctrl: true, name: 'u' });
  }

  #typeAgain(line: string, cursor: number): void {
    if (line === '') return;
    this.#readline.write(line);
    for (let index = line.length; index > cursor; index--) this.#readline.write(null, { name: 'left' });
  }

  readonly #onKey = (): void => {
    // Readline has not taken the key yet.
    setImmediate(() => {
      if (!this.#isClosed && this.#readline.line !== '') this.#ports.onKey(this.#readline.line);
    });
  };

  /** Rows were counted for another width: nothing above can be found any more. */
  readonly #onResize = (): void => {
    this.#blocks = [];
  };

  /** What was typed goes away: what becomes of it is printed in its place. */
  #takeLine(line: string): void {
    const rows = rowsOf(this.#readline.getPrompt() + line, this.#columns);
    this.#write(`\u001b[${rows}A\r\u001b[J`);
    this.#readline.prompt();
    this.#ports.onLine(line);
  }

  #interrupt(): void {
    if (this.#readline.line === '') return this.#ports.onEnd();
    this.#eraseLine();
  }

  #end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#ports.input.off('keypress', this.#onKey);
    this.#ports.output.off('resize', this.#onResize);
    this.#ports.onEnd();
  }
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
