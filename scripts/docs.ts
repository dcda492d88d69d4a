// Writes the tables of the documentation from the code: `npm run docs`. A test fails when a page is behind.

import { readFileSync, writeFileSync } from 'node:fs';
import { CLOSE_CODES, ERROR_CODES, FILE_OPERATIONS, mayReconnect, OPERATIONS, type Operation } from '@parley/protocol';
import { z } from 'zod';
import { SETTINGS } from '../packages/server/src/config/settings.ts';

type Json = { [key: string]: unknown };

const CLOSE_MEANINGS: Readonly<Record<keyof typeof CLOSE_CODES, string>> = {
  draining: 'The node shuts down; another one takes the session.',
  slow: 'The socket did not take its data in time; a resume brings what it missed.',
  silent: 'No sign of life for two heartbeat intervals.',
  full: 'Too many connections just now.',
  fault: 'A fault of the server while it served this socket.',
  stale: 'The server’s view of this socket is out of date; connect again and resume.',
  unauthenticated: 'No valid hello in time, or a token that is not valid.',
  revoked: 'The session was signed out, revoked, or has expired.',
  deactivated: 'The account was deactivated.',
  version: 'The server does not serve this wire version.',
  protocol: 'Not JSON, binary, a frame before hello, or too many malformed frames.',
};

/** The generated tables by the name of their place: a page holds `<!-- table: NAME -->` … `<!-- end -->`. */
export const TABLES: Readonly<Record<string, () => string>> = {
  operations: () => {
    const operations: Operation[] = [...Object.values(OPERATIONS), ...Object.values(FILE_OPERATIONS)];
    const rows = operations.map(({ name, summary, rest, door, input, output }) => {
      const route = rest === null ? '' : `\`${rest.method} /v1${rest.path}\``;
      return `| ${door === 'rest' ? '' : `\`${name}\``} | ${route} | ${summary} | ${fieldsOf(input, 'input')} | ${fieldsOf(output, 'output')} |`;
    });
    return ['| command `t` | REST | what it does | input | output |', '| --- | --- | --- | --- | --- |', ...rows].join(
      '\n',
    );
  },
  errors: () => {
    const rows = Object.entries(ERROR_CODES).map(
      ([code, { status, retryable, meaning }]) =>
        `| \`${code}\` | ${status} | ${retryable ? 'yes' : ''} | ${meaning} |`,
    );
    return ['| code | HTTP | may be repeated unchanged | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
  },
  closes: () => {
    const rows = (Object.keys(CLOSE_CODES) as (keyof typeof CLOSE_CODES)[]).map(
      (reason) =>
        `| ${CLOSE_CODES[reason]} | \`${reason}\` | ${mayReconnect(CLOSE_CODES[reason]) ? 'yes' : 'no'} | ${CLOSE_MEANINGS[reason]} |`,
    );
    return ['| code | reason | connect again | meaning |', '| --- | --- | --- | --- |', ...rows].join('\n');
  },
  settings: () => {
    const rows = Object.values(SETTINGS).map(({ env, schema, description, secret }) => {
      const fallback = schema.safeParse(undefined);
      const shown = fallback.success ? defaultOf(schema) : '';
      return `| \`${env}\`${secret ? ' (secret; also `_FILE`)' : ''} | ${shown} | ${description} |`;
    });
    return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
  },
};

function defaultOf(schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json;
  const { default: fallback } = json;
  return typeof fallback === 'string' || typeof fallback === 'number' ? (fallback === '' ? '' : `\`${fallback}\``) : '';
}

/** Names the fields of an object schema; optional ones carry a question mark. */
function fieldsOf(schema: z.ZodType, io: 'input' | 'output'): string {
  const json = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as { properties?: Json; required?: string[] };
  const names = Object.keys(json.properties ?? {});
  const required = new Set(json.required ?? []);
  return names.map((name) => `\`${name}${required.has(name) ? '' : '?'}\``).join(' ');
}

/** Puts the tables into a page. */
export function fillTables(page: string): string {
  return page.replace(/<!-- table: (\w+) -->[\s\S]*?<!-- end -->/g, (whole, name: string) => {
    const table = TABLES[name];
    return table === undefined ? whole : `<!-- table: ${name} -->\n${table()}\n<!-- end -->`;
  });
}

/** Pages that hold generated tables. */
export const PAGES = ['docs/protocol.md', 'docs/operations.md'] as const;

if (import.meta.url === `file://${process.argv[1]}`) {
  for (const page of PAGES) writeFileSync(page, fillTables(readFileSync(page, 'utf8')));
}
