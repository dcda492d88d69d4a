import type { Token, Tokens } from 'marked';
import { Fragment, memo, type ReactNode, useMemo } from 'react';
import { CodeBlock } from './code-block.tsx';
import { isOnlyEmoji, lexMarkdown, safeHref } from './lex.ts';
import { type Piece, splitReferences } from './split-references.ts';
import './markdown.css';

/** Draws the names that a message speaks of. Null leaves them as they are written. */
export interface References {
  person(username: string): ReactNode;
  channel(name: string): ReactNode;
}

const NO_REFERENCES: References = { person: () => null, channel: () => null };

interface MarkdownProps {
  readonly body: string;
  readonly references?: References;
}

/** The text of a message as elements. No HTML is ever made or read, so there is nothing in it that could run. */
export const Markdown = memo(function Markdown({ body, references = NO_REFERENCES }: MarkdownProps) {
  const tokens = useMemo(() => lexMarkdown(body), [body]);
  return (
    <div className={isOnlyEmoji(body) ? 'markdown markdown-jumbo' : 'markdown'} dir="auto">
      {drawAll(tokens, references)}
    </div>
  );
});

function drawAll(tokens: readonly Token[], references: References): ReactNode[] {
  return tokens.map((token, index) => {
    // Tokens of one text never move: their place is their identity.
    const key = `${index}-${token.type}`;
    return <Fragment key={key}>{draw(token, references)}</Fragment>;
  });
}

function draw(token: Token, references: References): ReactNode {
  return drawBlock(token, references) ?? drawInline(token, references);
}

function drawBlock(token: Token, references: References): ReactNode {
  const children = () => drawAll(childrenOf(token), references);
  switch (token.type) {
    case 'space':
      return <Fragment />;
    case 'paragraph':
      return <p>{children()}</p>;
    case 'heading':
      // A heading inside of a message would tear up the page's own outline.
      return <p className="markdown-heading">{children()}</p>;
    case 'blockquote':
      return <blockquote>{children()}</blockquote>;
    case 'hr':
      return <hr />;
    case 'code':
      return <CodeBlock text={String(token.text)} language={String(token.lang ?? '')} />;
    case 'list':
      return drawList(token as Tokens.List, references);
    case 'table':
      return drawTable(token as Tokens.Table, references);
    default:
      return undefined;
  }
}

function drawInline(token: Token, references: References): ReactNode {
  const children = () => drawAll(childrenOf(token), references);
  switch (token.type) {
    case 'strong':
      return <strong>{children()}</strong>;
    case 'em':
      return <em>{children()}</em>;
    case 'del':
      return <del>{children()}</del>;
    case 'codespan':
      return <code>{token.text}</code>;
    case 'br':
      return <br />;
    case 'link':
      return drawLink(token.href, children());
    case 'image':
      // Loading it would tell another server who reads here.
      return drawLink(token.href, token.text === '' ? token.href : token.text);
    case 'checkbox':
      return <input type="checkbox" checked={token.checked === true} disabled readOnly />;
    case 'text':
      return token.tokens === undefined ? drawText(String(token.text), references) : children();
    case 'escape':
      return String(token.text);
    default:
      return drawText(token.raw, references);
  }
}

function childrenOf(token: Token): readonly Token[] {
  return 'tokens' in token ? (token.tokens ?? []) : [];
}

function drawLink(href: string, children: ReactNode): ReactNode {
  const safe = safeHref(href);
  if (safe === null) return children;
  return (
    <a href={safe} target="_blank" rel="noopener noreferrer nofollow" title={safe}>
      {children}
    </a>
  );
}

function drawText(text: string, references: References): ReactNode {
  const pieces = splitReferences(text);
  if (pieces.length === 1 && pieces[0]?.kind === 'text') return text;
  return pieces.map((piece, index) => {
    const key = `${index}-${piece.text}`;
    return <Fragment key={key}>{drawPiece(piece, references)}</Fragment>;
  });
}

function drawPiece(piece: Piece, references: References): ReactNode {
  if (piece.kind === 'text') return piece.text;
  if (piece.kind === 'channel') return references.channel(piece.name) ?? piece.text;
  for (const name of piece.names) {
    const person = references.person(name);
    if (person !== null)
      return (
        <>
          {person}
          {piece.text.slice(name.length + 1)}
        </>
      );
  }
  return piece.text;
}

function drawList(list: Tokens.List, references: References): ReactNode {
  const items = list.items.map((item, index) => {
    const key = `${index}-${item.raw}`;
    return (
      <li key={key} className={item.task ? 'markdown-task' : undefined}>
        {drawAll(item.tokens, references)}
      </li>
    );
  });
  if (!list.ordered) return <ul>{items}</ul>;
  return <ol start={list.start === '' ? 1 : list.start}>{items}</ol>;
}

function drawTable(table: Tokens.Table, references: References): ReactNode {
  const row = (cells: readonly Tokens.TableCell[]) =>
    cells.map((cell, index) => {
      const key = `${index}-${cell.text}`;
      const children = drawAll(cell.tokens, references);
      return cell.header ? (
        <th key={key} data-align={cell.align}>
          {children}
        </th>
      ) : (
        <td key={key} data-align={cell.align}>
          {children}
        </td>
      );
    });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard.
    <div className="markdown-table" tabIndex={0}>
      <table>
        <thead>
          <tr>{row(table.header)}</tr>
        </thead>
        <tbody>
          {table.rows.map((cells, index) => {
            const key = `${index}-${cells[0]?.text}`;
            return <tr key={key}>{row(cells)}</tr>;
          })}
        </tbody>
      </table>
    </div>
  );
}
