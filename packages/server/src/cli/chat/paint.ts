import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Colours of names: told apart on dark and light screens. */
const NAME_COLOURS = ['cyan', 'green', 'magenta', 'yellow', 'blue', 'redBright', 'greenBright', 'cyanBright'] as const;

// What other people write must not move the cursor, ring, or turn the line around. Line feed and tab are kept.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must be found.
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Colours text, where there is a screen that wants it. */
export type Paint = (style: Style, text: string) => string;

/** Paints, or leaves text as it is. */
export function makePaint(isColoured: boolean): Paint {
  return isColoured ? (style, text) => styleText(style, text) : (_style, text) => text;
}

/** The same colour for the same person each time. */
export function colourOf(id: string): (typeof NAME_COLOURS)[number] {
  let hash = 0;
  for (const char of id) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) >>> 0;
  return NAME_COLOURS[hash % NAME_COLOURS.length] ?? 'cyan';
}

/** Text of other people as a terminal may show it. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '\ufffd');
}
