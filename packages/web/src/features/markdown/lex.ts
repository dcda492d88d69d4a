import { Marked, type Token, type Tokens } from 'marked';

/** Below these a text has no marks at all, and most messages are so. */
const PLAIN = /^[^\n*_~`[\]<>#@:\\|!&./-]*$/;

const marked = new Marked({ gfm: true, breaks: true });
// What is left out stays what it was: text. HTML, indented code, underlined headings and link definitions surprise people in a chat.
marked.use({
  tokenizer: {
    html: () => undefined,
    tag: () => undefined,
    code: () => undefined,
    lheading: () => undefined,
    def: () => undefined,
    reflink: () => undefined,
  },
});

/** Reads the Markdown of a message into marked's tokens. Never throws: what cannot be read is one text. */
export function lexMarkdown(body: string): readonly Token[] {
  if (PLAIN.test(body)) return [plainParagraph(body)];
  try {
    return marked.lexer(body);
  } catch {
    return [plainParagraph(body)];
  }
}

function plainParagraph(body: string): Tokens.Paragraph {
  const text: Tokens.Text = { type: 'text', raw: body, text: body, escaped: false };
  return { type: 'paragraph', raw: body, text: body, tokens: [text] };
}

const SAFE_SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:']);

/** The address of a link that may be followed, or null: only the web and mail, and only whole addresses. */
export function safeHref(href: string): string | null {
  try {
    const url = new URL(href);
    return SAFE_SCHEMES.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

// Put together by hand: `\p{RGI_Emoji}` says the same, and takes a browser 200 ms to get ready, just when the first messages are awaited.
const SIGN = String.raw`(?:\p{RI}{2}|[#*\d]\uFE0F\u20E3|(?:(?!\p{RI})\p{Emoji_Presentation}\p{EMod}?|\p{ExtPict}\uFE0F|\p{EBase}\p{EMod})(?:[\u{E0020}-\u{E007E}]+\u{E007F})?)`;
const ONLY_EMOJI = new RegExp(String.raw`^(?:\s|${SIGN}(?:\u200D(?:${SIGN}|\p{ExtPict}))*)+$`, 'u');
const MAX_JUMBO = 12;

/** True for a message of a few emoji and nothing else, which is shown large. */
export function isOnlyEmoji(body: string): boolean {
  return body.length <= MAX_JUMBO * 4 && body.trim() !== '' && ONLY_EMOJI.test(body);
}
