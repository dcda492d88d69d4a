import { styleText } from 'node:util';
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** What must never reach a log, wherever it appears in a record. */
const REDACTED = [
  'token',
  '*.token',
  'password',
  '*.password',
  'authorization',
  '*.authorization',
  'headers.cookie',
  'body',
  '*.body',
  'secret',
  '*.secret',
];

const LEVELS: Readonly<Record<number, readonly [string, 'dim' | 'yellow' | 'red']>> = {
  20: ['debug', 'dim'],
  30: ['info', 'dim'],
  40: ['warn', 'yellow'],
  50: ['error', 'red'],
  60: ['fatal', 'red'],
};

/** Keys of a record that a person at a terminal does not need in each line. */
const QUIET_KEYS = new Set(['level', 'time', 'node', 'msg', 'err']);

/**
 * Makes the process's logger: JSON lines on standard output, without message text and without tokens; short lines for
 * people where standard output is a terminal.
 */
export function createLogger(level: string, node: string, isTerminal = process.stdout.isTTY === true): Logger {
  const options = { level, base: { node }, redact: { paths: REDACTED, censor: '[redacted]' } };
  if (!isTerminal) return pino(options);
  return pino(options, { write: (line: string) => void process.stdout.write(readableLine(line)) });
}

/** One record as a person reads it: time, level, what happened, and the facts. */
export function readableLine(json: string): string {
  const record = JSON.parse(json) as Record<string, unknown> & { level: number; time: number; msg?: string };
  const [name, colour] = LEVELS[record.level] ?? ['log', 'dim'];
  const facts = Object.entries(record)
    .filter(([key]) => !QUIET_KEYS.has(key))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  const stack = (record.err as { stack?: string } | undefined)?.stack;
  const words = [
    new Date(record.time).toISOString().slice(11, 19),
    styleText(colour, name.padEnd(5)),
    record.msg ?? '',
    ...facts,
  ];
  return `${words.join(' ')}\n${stack === undefined ? '' : `${stack}\n`}`;
}
