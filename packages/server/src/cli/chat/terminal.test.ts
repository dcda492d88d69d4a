import { PassThrough, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { ask, Terminal } from './terminal.ts';

/** As much of a terminal as the program needs, drawn into rows of text. */
class Screen extends Writable {
  readonly columns = 40;
  readonly rows = 12;
  #cells: string[][] = [[]];
  #row = 0;
  #column = 0;
  #saved: [row: number, column: number] = [0, 0];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the control sequences that a terminal obeys.
    for (const [part] of chunk.toString().matchAll(/\u001b\[[0-9;]*[A-Za-z]|\u001b[78]|[\s\S]/gu)) this.#take(part);
    done();
  }

  get text(): string {
    return this.#cells
      .map((cells) => cells.join('').trimEnd())
      .join('\n')
      .trimEnd();
  }

  #take(part: string): void {
    if (part === '\r') this.#column = 0;
    else if (part === '\n') this.#down();
    else if (part === '\u001b7') this.#saved = [this.#row, this.#column];
    else if (part === '\u001b8') [this.#row, this.#column] = this.#saved;
    else if (part.startsWith('\u001b[')) this.#move(part.at(-1) ?? '', Number(part.slice(2, -1) || '1'));
    else this.#put(part);
  }

  #move(what: string, count: number): void {
    if (what === 'A') this.#row = Math.max(0, this.#row - count);
    if (what === 'B') this.#row += count;
    if (what === 'C') this.#column += count;
    if (what === 'D') this.#column = Math.max(0, this.#column - count);
    if (what === 'G') this.#column = count - 1;
    if (what === 'J' || what === 'K') this.#cells[this.#row] = (this.#cells[this.#row] ?? []).slice(0, this.#column);
    if (what === 'J') this.#cells = this.#cells.slice(0, this.#row + 1);
    if (what === 'H') [this.#row, this.#column] = [0, 0];
  }

  #put(char: string): void {
    if (this.#column >= this.columns) {
      this.#down();
    }
    const cells = this.#cells[this.#row] ?? [];
    this.#cells[this.#row] = cells;
    while (cells.length < this.#column) cells.push(' ');
    cells[this.#column] = char;
    this.#column += 1;
  }

  /** Terminals are set to begin a new line at its beginning. */
  #down(): void {
    this.#column = 0;
    this.#row += 1;
    this.#cells[this.#row] ??= [];
  }
}

const terminals: Terminal[] = [];
afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.close();
});

function open() {
  const input = new PassThrough();
  const output = new Screen();
  const lines: string[] = [];
  const keys: string[] = [];
  let ends = 0;
  const terminal = new Terminal({
    input,
    output,
    complete: (line) => [[`${line}eneral `], line],
    onLine: (line) => lines.push(line),
    onKey: (line) => keys.push(line),
    onEnd: () => {
      ends += 1;
    },
  });
  terminals.push(terminal);
  terminal.setPrompt('#general > ');
  const type = async (text: string): Promise<void> => {
    input.write(text);
    for (let turns = 0; turns < 5; turns++) await turn();
  };
  return { terminal, output, lines, keys, type, ends: () => ends };
}

test('what is printed goes above the line that is being typed, which stays as it is, cursor and all', async () => {
  const { terminal, output, lines, type } = open();
  terminal.print('one');
  await type('hello wrld');
  await type('\u001b[D\u001b[D\u001b[D');
  terminal.print('two\nlines');
  expect(output.text).toBe('one\ntwo\nlines\n#general > hello wrld');
  await type('o');
  expect(output.text).toBe('one\ntwo\nlines\n#general > hello world');
  await type('\r');
  expect(lines).toEqual(['hello world']);
  expect(output.text).toBe('one\ntwo\nlines\n#general >');
});

test('a typed line that is longer than the screen is wide is moved and taken away as a whole', async () => {
  const { terminal, output, lines, type } = open();
  terminal.print('above');
  const long = 'x'.repeat(70);
  await type(long);
  terminal.print('between');
  expect(output.text).toBe(`above\nbetween\n#general > ${'x'.repeat(29)}\n${'x'.repeat(40)}\nx`);
  await type('\r');
  expect(lines).toEqual([long]);
  expect(output.text).toBe('above\nbetween\n#general >');
});

test('the beginning of a printed line can be changed while it is on the screen', async () => {
  const { terminal, output, type } = open();
  terminal.print('[ ] first', 'first', '[ ]');
  terminal.print(`[ ] ${'long '.repeat(12)}`, 'long');
  terminal.print('[ ] third', 'third');
  await type('typing');
  terminal.change('first', '[x]');
  terminal.change('long', '[y]');
  terminal.change('unknown', '[z]');
  expect(output.text.split('\n')[0]).toBe('[x] first');
  expect(output.text.split('\n')[1]).toContain('[y] long');
  expect(output.text.split('\n').at(-1)).toBe('#general > typing');
  for (let line = 0; line < 12; line++) terminal.print(`${line}`);
  const before = output.text;
  terminal.change('first', '[!]');
  expect(output.text).toBe(before);
});

test('a printed line can be moved, with what was changed of it, while it is on the screen', async () => {
  const { terminal, output, type } = open();
  terminal.print('top');
  terminal.print('[ ] mine', 'mine', '[ ]');
  terminal.print(`one ${'long '.repeat(10)}`.trimEnd(), 'one');
  terminal.print('two', 'two');
  await type('typing');
  terminal.change('mine', '[x]');
  terminal.move('mine', 'two');
  expect(output.text.split('\n')[0]).toBe('top');
  expect(output.text.split('\n').slice(-3)).toEqual(['[x] mine', 'two', '#general > typing']);
  terminal.move('mine', null);
  expect(output.text.split('\n').slice(-3)).toEqual(['two', '[x] mine', '#general > typing']);
  terminal.move('mine', 'unknown');
  terminal.move('unknown', null);
  terminal.move('two', 'one');
  expect(output.text.split('\n').slice(0, 3)).toEqual(['top', 'two', expect.stringContaining('one long')]);
  for (let line = 0; line < 12; line++) terminal.print(`${line}`);
  const before = output.text;
  terminal.move('mine', null);
  expect(output.text).toBe(before);
});

test('another prompt keeps the line; the tabulator completes it', async () => {
  const { terminal, output, type, keys } = open();
  await type('/join g');
  terminal.setPrompt('#general +3 > ');
  expect(output.text).toBe('#general +3 > /join g');
  await type('\t');
  expect(output.text).toBe('#general +3 > /join general');
  expect(keys.at(-1)).toBe('/join general ');
});

test('Ctrl-C empties the line first and leaves second; Ctrl-D leaves', async () => {
  const { output, type, ends } = open();
  await type('half a thought');
  await type('\u0003');
  expect(ends()).toBe(0);
  expect(output.text).toBe('#general >');
  await type('\u0003');
  expect(ends()).toBe(1);
  const other = open();
  await other.type('\u0004');
  expect(other.ends()).toBe(1);
});

test('a secret answer is not shown', async () => {
  const [input, output] = [new PassThrough(), new Screen()];
  const answer = ask({ input, output }, 'Password: ', true);
  input.write('s3cret\r');
  expect(await answer).toBe('s3cret');
  expect(output.text).toBe('Password:');
  const unanswered = ask({ input: new PassThrough().end(), output }, 'Name: ');
  await expect(unanswered).rejects.toThrow('not answered');
});
