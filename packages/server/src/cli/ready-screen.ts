import { resolve } from 'node:path';
import { styleText } from 'node:util';
import type { Config } from '../config/settings.ts';

export interface ReadyFacts {
  readonly config: Config;
  readonly url: string;
  readonly ownerToken: string | null;
  readonly database: string;
  readonly startedInMs: number;
}

/** What the operator sees when the server is ready: where to go, and the one link that makes the first account. */
export function readyScreen({ config, url, ownerToken, database, startedInMs }: ReadyFacts): string {
  const base = config.publicUrl?.replace(/\/$/, '') ?? url;
  const isColour = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
  const paint = (style: 'bold' | 'cyan' | 'dim', text: string) => (isColour ? styleText(style, text) : text);
  const rows: [string, string][] = [['Open', paint('cyan', base)]];
  if (ownerToken !== null)
    rows.push(['Owner', `${paint('cyan', `${base}/#/welcome/${ownerToken}`)}  makes the first account, once`]);
  rows.push(['Terminal', `npm run -s parley -- chat --url ${base}`]);
  rows.push(['API', `${base}/docs`]);
  rows.push(['Data', config.databaseUrl === undefined ? `${resolve(config.dataDir)}  (${database})` : database]);
  const lines = rows.map(([label, value]) => `  ${paint('dim', label.padEnd(10))}${value}`);
  const seconds = (startedInMs / 1_000).toFixed(1);
  return `\n  ${paint('bold', `${config.name} is ready`)} ${paint('dim', `after ${seconds} s; Ctrl-C stops it`)}\n\n${lines.join('\n')}\n\n`;
}
