import type { Show } from '../run/show.ts';

const CLEAR_LINE = '\r\u001b[2K';
const BAR = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

/** A line that tells what is going on: rewritten in place in a terminal, one line for each thing in a pipe. */
export class TerminalShow implements Show {
  readonly #stream: NodeJS.WriteStream;
  #phase = '';
  #progress = '';
  #turns = 0;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  phase(text: string): void {
    this.#phase = text;
    this.#progress = '';
    if (this.#stream.isTTY) this.#draw();
    else this.#stream.write(`${text}\n`);
  }

  progress(text: string): void {
    if (!this.#stream.isTTY || text === this.#progress) return;
    this.#progress = text;
    this.#draw();
  }

  note(text: string): void {
    this.#stream.write(`${this.#stream.isTTY ? CLEAR_LINE : ''}  ${text}\n`);
    if (this.#stream.isTTY) this.#draw();
  }

  /** Takes the line away. */
  end(): void {
    if (this.#stream.isTTY) this.#stream.write(CLEAR_LINE);
  }

  #draw(): void {
    const sign = BAR[this.#turns++ % BAR.length] ?? '';
    const text = `${sign} ${this.#phase}${this.#progress === '' ? ' ...' : `: ${this.#progress}`}`;
    this.#stream.write(`${CLEAR_LINE}${text.slice(0, Math.max(20, this.#stream.columns - 1))}`);
  }
}
