import { LIMITS } from '@parley/protocol';
import { z } from 'zod';

const text = z.string().max(40_000);
const textObject = z.looseObject({ text }).or(text);
const element = z.looseObject({ type: z.string(), text: textObject.optional(), alt_text: text.optional() });
const block = z.looseObject({
  type: z.string(),
  text: textObject.optional(),
  fields: z.array(textObject).max(50).optional(),
  elements: z.array(z.unknown()).max(100).optional(),
  title: textObject.optional(),
  alt_text: text.optional(),
  image_url: text.optional(),
});
type Block = z.output<typeof block>;
const attachment = z.looseObject({
  fallback: text.optional(),
  pretext: text.optional(),
  title: text.optional(),
  title_link: text.optional(),
  text: text.optional(),
  fields: z
    .array(z.looseObject({ title: text.optional(), value: text.optional() }))
    .max(100)
    .optional(),
  blocks: z.array(block).max(100).optional(),
});
/** What Slack's incoming webhooks take; whatever else is in it is for Slack alone. Our own payloads are the `text` of it. */
export const slackPayload = z.looseObject({
  text: text.optional(),
  blocks: z.array(block).max(100).optional(),
  attachments: z.array(attachment).max(100).optional(),
});
export type SlackPayload = z.output<typeof slackPayload>;

/** The payload as one message in our own Markdown; empty when it holds nothing that can be shown. */
export function bodyOf({ text: plain, blocks = [], attachments = [] }: SlackPayload): string {
  const shown = blocks.map(blockText).filter((part) => part !== '');
  // As in Slack: with blocks the text is what notifications show.
  const main = shown.length > 0 ? shown : [markdownOf(plain ?? '')];
  const parts = [...main, ...attachments.map(attachmentText)].filter((part) => part !== '');
  return shortened(parts.join('\n\n'));
}

function blockText(one: Block): string {
  switch (one.type) {
    case 'header':
      return one.text === undefined ? '' : `**${textOf(one.text)}**`;
    case 'divider':
      return '---';
    case 'image':
      return [one.title === undefined ? (one.alt_text ?? '') : textOf(one.title), one.image_url ?? ''].join(' ').trim();
    case 'context':
      return (one.elements ?? []).map(elementText).filter(Boolean).join(' ');
    case 'rich_text':
      return richText(one.elements ?? []);
    default:
      return [one.text, ...(one.fields ?? [])]
        .map((part) => markdownOf(textOf(part)))
        .filter(Boolean)
        .join('\n');
  }
}

function elementText(raw: unknown): string {
  const found = element.safeParse(raw);
  return found.success ? markdownOf(textOf(found.data.text)) || (found.data.alt_text ?? '') : '';
}

const richElement = z.looseObject({
  type: z.string(),
  text: text.optional(),
  url: text.optional(),
  name: text.optional(),
  range: text.optional(),
  style: z.unknown().optional(),
  elements: z.array(z.unknown()).max(200).optional(),
});

/** Rich text is a tree: sections, lists and quotes of pieces of text. */
function richText(elements: readonly unknown[], depth = 0): string {
  if (depth > 4) return '';
  return elements
    .map((raw) => {
      const { success, data: piece } = richElement.safeParse(raw);
      if (!success) return '';
      const inner = () => richText(piece.elements ?? [], depth + 1);
      if (piece.type === 'rich_text_list') {
        return `${(piece.elements ?? []).map((item) => `- ${richText([item], depth + 1).trim()}`).join('\n')}\n`;
      }
      if (piece.type === 'rich_text_quote') return `> ${inner()}\n`;
      if (piece.type === 'rich_text_preformatted') return `\`\`\`\n${inner()}\n\`\`\`\n`;
      if (piece.type === 'rich_text_section') return `${inner()}\n`;
      if (piece.type === 'link') return piece.text === undefined ? (piece.url ?? '') : `[${piece.text}](${piece.url})`;
      if (piece.type === 'emoji') return `:${piece.name}:`;
      if (piece.type === 'broadcast') return `@${piece.range}`;
      return styled(piece.text ?? '', piece.style);
    })
    .join('')
    .replace(/\n\n+/g, '\n')
    .replace(/\n$/, depth === 0 ? '' : '\n');
}

function styled(words: string, style: unknown): string {
  const marks = z
    .looseObject({ bold: z.boolean(), italic: z.boolean(), strike: z.boolean(), code: z.boolean() })
    .partial();
  const { data } = marks.safeParse(style ?? {});
  if (words.trim() === '') return words;
  if (data?.code === true) return `\`${words}\``;
  const bold = data?.bold === true ? `**${words}**` : words;
  const italic = data?.italic === true ? `_${bold}_` : bold;
  return data?.strike === true ? `~~${italic}~~` : italic;
}

function attachmentText(one: z.output<typeof attachment>): string {
  const title =
    one.title === undefined || one.title_link === undefined ? one.title : `[${one.title}](${one.title_link})`;
  const fields = (one.fields ?? []).map(({ title: name, value }) => `**${name ?? ''}** ${markdownOf(value ?? '')}`);
  const blocks = (one.blocks ?? []).map(blockText);
  const parts = [markdownOf(one.pretext ?? ''), title ?? '', markdownOf(one.text ?? ''), ...fields, ...blocks];
  const shown = parts.filter((part) => part !== '');
  const body = shown.length > 0 ? shown.join('\n') : markdownOf(one.fallback ?? '');
  return body === '' ? '' : body.replace(/^/gm, '> ');
}

function textOf(value: z.output<typeof textObject> | undefined): string {
  return typeof value === 'string' ? value : (value?.text ?? '');
}

/** Slack's mrkdwn as Markdown; code is left as it is. */
export function markdownOf(mrkdwn: string): string {
  return mrkdwn
    .split(/(```[\s\S]*?```|`[^`\n]*`)/)
    .map((part, index) => (index % 2 === 1 ? unescaped(part) : plainMarkdown(part)))
    .join('');
}

/** No class takes the character that opens its expression: a text of nothing but openers is then gone through once, not once for each. */
function plainMarkdown(part: string): string {
  const marked = part
    .replace(/(^|[\s(])\*([^*\n]+)\*(?=$|[\s.,:;!?)])/g, '$1**$2**')
    .replace(/(^|[\s(])~([^~\n]+)~(?=$|[\s.,:;!?)])/g, '$1~~$2~~')
    .replace(
      /<!(here|channel|everyone)(?:\|[^<>]*)?>/g,
      (_all, whom: string) => `@${whom === 'here' ? 'here' : 'channel'}`,
    )
    .replace(/<((?:https?|mailto):[^|<>\s]+)\|([^<>]*)>/g, '[$2]($1)')
    .replace(/<((?:https?|mailto):[^|<>\s]+)>/g, '$1')
    .replace(/<[@#!][^|<>]*\|([^<>]*)>/g, '$1');
  return unescaped(marked);
}

function unescaped(part: string): string {
  return part.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

const encoder = new TextEncoder();

/** What does not fit a message is cut, and one sees that. */
function shortened(body: string): string {
  const points = Array.from(body);
  const isSmall = points.length <= LIMITS.bodyCodePoints && encoder.encode(body).length <= LIMITS.bodyBytes;
  if (isSmall) return body;
  let kept = points.slice(0, LIMITS.bodyCodePoints - 1);
  while (encoder.encode(kept.join('')).length > LIMITS.bodyBytes - 3)
    kept = kept.slice(0, Math.floor(kept.length * 0.9));
  return `${kept.join('')}…`;
}
