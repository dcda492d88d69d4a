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

// The `v` flag is younger than the language level of this build, not than the browsers it serves.
const ONLY_EMOJI = /^(?:\p{RGI_Emoji}|\s)+$/v;
const MAX_JUMBO = 12;

/** True for a message of a few emoji and nothing else, which is shown large. */
export function isOnlyEmoji(body: string): boolean {
  return body.length <= MAX_JUMBO * 4 && body.trim() !== '' && ONLY_EMOJI.test(body);
}
