import type { ChatMessage } from '@parley/client';
import { colourOf, type Paint, printable } from './paint.ts';

/** How far a message of one's own has got. */
export type Tick = 'waiting' | 'failed' | 'sent' | 'delivered' | 'read';

const TICKS: Record<Tick, string> = { waiting: '◷ ', failed: '✗ ', sent: '✓ ', delivered: '✓✓', read: '✓✓' };
const NUMBER_WIDTH = 4;
/** How many messages can be told apart by the numbers shown. */
export const NUMBERS = 10 ** NUMBER_WIDTH;
/** Columns before the text, so that further lines of a message stand below its first. */
const INDENT = ' '.repeat(NUMBER_WIDTH + 10);

export interface MessageLineParts {
  readonly message: ChatMessage;
  readonly name: string;
  readonly isOwn: boolean;
}

/** The beginning of a message's line: its number, time and tick, always as wide, so that it can be written over. */
export function lineStart(paint: Paint, message: Pick<ChatMessage, 'createdAt' | 'seq'>, tick: Tick | null): string {
  const time = new Date(message.createdAt).toTimeString().slice(0, 5);
  // Only the end of a long number: it tells messages on one screen apart, and commands take it as it stands.
  const number = message.seq === 0 ? '' : `${message.seq % NUMBERS}`;
  const start = paint('dim', `${number.padStart(NUMBER_WIDTH)} ${time}`);
  if (tick === null) return `${start}   `;
  const style = tick === 'read' ? 'blueBright' : tick === 'failed' ? 'red' : 'dim';
  return `${start} ${paint(style, TICKS[tick])}`;
}

/** A message as one or more lines, the first of which begins with `lineStart`. */
export function messageLine(paint: Paint, { message, name, isOwn }: MessageLineParts, tick: Tick | null): string {
  const start = lineStart(paint, message, tick);
  const who = paint(isOwn ? 'bold' : colourOf(message.senderId), name);
  return `${start} ${who}  ${bodyOf(paint, message)}`;
}

/** What a message answers to, for the line above it. */
export function quoteLine(paint: Paint, name: string, body: string): string {
  return `${INDENT}${paint('dim', `│ ${name}: ${firstLine(body)}`)}`;
}

function bodyOf(paint: Paint, message: ChatMessage): string {
  if (message.deletedAt !== undefined) return paint('dim', '(deleted)');
  const text = printable(message.body).replaceAll('\n', `\n${INDENT}`);
  const marks = [
    message.editedAt === undefined ? '' : ' (edited)',
    message.threadId === undefined ? '' : ' (thread)',
    message.attachments === undefined ? '' : ` [${message.attachments.map(({ name }) => printable(name)).join(', ')}]`,
  ].join('');
  const reactions = (message.reactions ?? [])
    .map(({ emoji, count }) => ` ${printable(emoji)}${count > 1 ? count : ''}`)
    .join('');
  return `${message.kind === 'system' ? paint('italic', text) : text}${marks === '' ? '' : paint('dim', marks)}${reactions}`;
}

/** The first line of a text, cut to fit beside others. */
export function firstLine(text: string, max = 60): string {
  const line = printable(text).split('\n')[0] ?? '';
  return line.length > max ? `${line.slice(0, max - 1)}…` : line;
}
