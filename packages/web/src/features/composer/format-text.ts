/** A text with what is selected in it. */
export interface Selected {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export type Formatting = 'bold' | 'italic' | 'strike' | 'code' | 'link' | 'quote' | 'list';

const PAIRS = { bold: '**', italic: '_', strike: '~~', code: '`' } as const;
const LINE_STARTS = { quote: '> ', list: '- ' } as const;

/** Formats what is selected, or takes the same format away again. */
export function formatText(selected: Selected, formatting: Formatting): Selected {
  if (formatting === 'link') return makeLink(selected);
  if (formatting === 'quote' || formatting === 'list') return startLines(selected, LINE_STARTS[formatting]);
  if (formatting === 'code' && selectionOf(selected).includes('\n')) return wrap(selected, '```\n', '\n```');
  return wrap(selected, PAIRS[formatting], PAIRS[formatting]);
}

function selectionOf({ text, start, end }: Selected): string {
  return text.slice(start, end);
}

function wrap({ text, start, end }: Selected, before: string, after: string): Selected {
  const isWrapped =
    text.slice(start - before.length, start) === before && text.slice(end, end + after.length) === after;
  if (isWrapped) {
    return {
      text: text.slice(0, start - before.length) + text.slice(start, end) + text.slice(end + after.length),
      start: start - before.length,
      end: end - before.length,
    };
  }
  return {
    text: text.slice(0, start) + before + text.slice(start, end) + after + text.slice(end),
    start: start + before.length,
    end: end + before.length,
  };
}

function makeLink(selected: Selected): Selected {
  const { text, start, end } = selected;
  const label = selectionOf(selected);
  const isAddress = /^https?:\/\/\S+$/.test(label);
  const link = isAddress ? `[](${label})` : `[${label}](https://)`;
  // The caret goes to what is still missing: the words of an address, or the address of the words.
  const caret = isAddress ? start + 1 : start + link.length - 1;
  return { text: text.slice(0, start) + link + text.slice(end), start: caret, end: caret };
}

function startLines({ text, start, end }: Selected, mark: string): Selected {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const lines = text.slice(from, end).split('\n');
  const isMarked = lines.every((line) => line.startsWith(mark));
  const changed = lines.map((line) => (isMarked ? line.slice(mark.length) : mark + line)).join('\n');
  const moved = changed.length - (end - from);
  return {
    text: text.slice(0, from) + changed + text.slice(end),
    start: Math.max(from, start + (isMarked ? -mark.length : mark.length)),
    end: end + moved,
  };
}
