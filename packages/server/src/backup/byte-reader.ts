import { createHash } from 'node:crypto';
import { damaged, END_OF_ROWS } from './container.ts';

const NEWLINE = 10;
const BACKSLASH = 92;
const DOT = 46;
const MAX_LINE_BYTES = 1_048_576;

/** Reads lines, rows and bytes of a backup one after the other, in bounded memory, and hashes what it passes. */
export class ByteReader {
  readonly #source: AsyncIterator<Buffer>;
  readonly #hash = createHash('sha256');
  /** The newest line, which the hash does not have yet: the manifest cannot hold a hash of itself. */
  #lastLine: Buffer | undefined;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next line without its end. */
  async line(): Promise<string> {
    this.#hashLastLine();
    let line = this.#rest;
    let end = line.indexOf(NEWLINE);
    while (end < 0) {
      if (line.length > MAX_LINE_BYTES) throw damaged('a line of its frame is too long');
      const more = await this.#more();
      end = more.indexOf(NEWLINE);
      if (end >= 0) end += line.length;
      line = Buffer.concat([line, more]);
    }
    this.#rest = line.subarray(end + 1);
    this.#lastLine = line.subarray(0, end + 1);
    return line.toString('utf8', 0, end);
  }

  /** The rows of a table as they come, up to the line that ends them. Every part is of whole rows or ends inside one. */
  async *rows(onRows: (rows: number) => void): AsyncGenerator<Buffer> {
    this.#hashLastLine();
    let part = this.#rest.length > 0 ? this.#rest : await this.#more();
    for (;;) {
      const { end, lines, keep } = scanRows(part);
      const passed = part.subarray(0, end ?? part.length - keep);
      onRows(lines);
      this.#hash.update(passed);
      if (passed.length > 0) yield passed;
      if (end !== undefined) {
        this.#lastLine = part.subarray(end, end + END_OF_ROWS.length + 1);
        this.#rest = part.subarray(end + END_OF_ROWS.length + 1);
        return;
      }
      // A row that the parts cut in two goes on in the next one, so that every part begins with a row.
      part = Buffer.concat([part.subarray(part.length - keep), await this.#more()]);
    }
  }

  /** Exactly so many bytes and the line end after them. */
  async *bytes(count: number): AsyncGenerator<Buffer> {
    this.#hashLastLine();
    let left = count + 1;
    while (left > 0) {
      if (this.#rest.length === 0) this.#rest = await this.#more();
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      this.#hash.update(part);
      left -= part.length;
      const content = left === 0 ? part.subarray(0, -1) : part;
      if (content.length > 0) yield content;
      if (left === 0 && part[part.length - 1] !== NEWLINE) throw damaged('a file in it does not end where it should');
    }
  }

  /** True when nothing follows; reads to the end, so that the checks of gzip have happened too. */
  async isAtEnd(): Promise<boolean> {
    return this.#rest.length === 0 && (await this.#source.next()).done === true;
  }

  /** Hash of all that was read before the newest line. */
  digest(): string {
    return this.#hash.copy().digest('hex');
  }

  #hashLastLine(): void {
    if (this.#lastLine !== undefined) this.#hash.update(this.#lastLine);
    this.#lastLine = undefined;
  }

  async #more(): Promise<Buffer> {
    const next = await this.#source.next();
    if (next.done === true) throw damaged('it ends too early');
    return next.value;
  }
}

/** Whole rows of a part that begins with a row: how many, where the end mark stands if it does, and how much is left over. */
function scanRows(part: Buffer): { end?: number; lines: number; keep: number } {
  let lines = 0;
  let start = 0;
  for (;;) {
    const newline = part.indexOf(NEWLINE, start);
    if (newline < 0) return { lines, keep: part.length - start };
    if (newline - start === END_OF_ROWS.length && part[start] === BACKSLASH && part[start + 1] === DOT) {
      return { end: start, lines, keep: 0 };
    }
    lines += 1;
    start = newline + 1;
  }
}
