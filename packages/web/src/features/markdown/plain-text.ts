import type { Token } from 'marked';
import { lexMarkdown } from './lex.ts';

/** A message in one line without its marks: for previews, quotes and screen readers. */
export function plainText(body: string, maxLength = 300): string {
  const text = textOf(lexMarkdown(body.slice(0, maxLength * 4)))
    .replace(/\s+/g, ' ')
    .trim();
  return text.length > maxLength ? `${text.slice(0, maxLength).trimEnd()}…` : text;
}

function textOf(tokens: readonly Token[]): string {
  return tokens.map(tokenText).join('');
}

function tokenText(token: Token): string {
  switch (token.type) {
    case 'paragraph':
    case 'heading':
    case 'blockquote':
      return `${textOf(token.tokens ?? [])} `;
    case 'list':
      return (token.items as readonly Token[]).map((item) => `${tokenText(item)} `).join('');
    case 'table':
      return `${token.raw} `;
    case 'br':
    case 'space':
    case 'hr':
      return ' ';
    case 'image':
    case 'code':
    case 'codespan':
      return `${token.text} `;
    default:
      return 'tokens' in token && token.tokens !== undefined
        ? textOf(token.tokens)
        : 'text' in token
          ? String(token.text)
          : token.raw;
  }
}
