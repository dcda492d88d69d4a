import { text as readText } from 'node:stream/consumers';

/** Where a command reads and writes; tests put their own in its place. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>;
  out(text: string): void;
  /** All of standard input. */
  readInput(): Promise<string>;
}

/** The terminal, or the pipes, of this process. */
export const processTerminal: Terminal = {
  env: process.env,
  out: (text) => void process.stdout.write(text),
  readInput: () => readText(process.stdin),
};

/** Writes rows as aligned columns, or as one JSON document for programs. */
export function writeRows(
  terminal: Terminal,
  rows: readonly Readonly<Record<string, unknown>>[],
  options: { readonly json: boolean; readonly columns: readonly string[] },
): void {
  if (options.json) return terminal.out(`${JSON.stringify(rows, null, 2)}\n`);
  if (rows.length === 0) return terminal.out('none\n');
  const cells = rows.map((row) => options.columns.map((column) => shown(row[column])));
  const widths = options.columns.map((column, at) =>
    Math.max(column.length, ...cells.map((line) => line[at]?.length ?? 0)),
  );
  for (const line of [options.columns, ...cells]) {
    terminal.out(
      `${line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd()}\n`,
    );
  }
}

/** Writes the facts of one thing, one to a line, or as JSON. */
export function writeFacts(terminal: Terminal, facts: Readonly<Record<string, unknown>>, json: boolean): void {
  if (json) return terminal.out(`${JSON.stringify(facts, null, 2)}\n`);
  const width = Math.max(...Object.keys(facts).map((name) => name.length));
  for (const [name, value] of Object.entries(facts)) terminal.out(`${name.padEnd(width)}  ${shown(value)}\n`);
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return '-';
  if (value instanceof Date) return value.toISOString().slice(0, 19).replace('T', ' ');
  return Array.isArray(value) ? value.join(',') : String(value as string | number | boolean);
}
