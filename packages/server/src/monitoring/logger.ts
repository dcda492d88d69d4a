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

/** Makes the process's logger: JSON lines on standard output, without message text and without tokens. */
export function createLogger(level: string, name: string): Logger {
  return pino({ level, name, redact: { paths: REDACTED, censor: '[redacted]' }, base: { node: name } });
}
