const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;
const LIST_ITEM = /^ {0,3}(?:[-+*]|\d{1,9}[.)])(?:\s|$)/;
const INDENTED = /^(?: {4}|\t)/;
const BLANK = /^\s*$/;

/**
 * Gives the parts of a Markdown text that are prose: not in fenced or indented code blocks, not in code spans. It follows
 * CommonMark where people meet it, in time proportional to the text.
 */
export function proseOf(text: string): string[] {
  return paragraphsOf(text).flatMap(outsideSpans);
}

/** Paragraphs outside code blocks: a code span never reaches over a blank line. */
function paragraphsOf(text: string): string[] {
  const paragraphs: string[] = [];
  let lines: string[] = [];
  let fence: string | null = null;
  let isInList = false;
  const endParagraph = () => {
    if (lines.length > 0) paragraphs.push(lines.join('\n'));
    lines = [];
  };
  for (const line of text.split('\n')) {
    const content = line.replace(/^(?: {0,3}> ?)+/, '');
    const [, mark = '', info = ''] = FENCE.exec(isInList ? content.trimStart() : content) ?? [];
    if (fence !== null) {
      if (mark.startsWith(fence) && BLANK.test(info)) fence = null;
    } else if (mark !== '' && !(mark.startsWith('`') && info.includes('`'))) {
      endParagraph();
      fence = mark;
    } else if (BLANK.test(content)) endParagraph();
    else if (lines.length === 0 && !isInList && INDENTED.test(content)) continue;
    else {
      if (LIST_ITEM.test(content)) isInList = true;
      else if (lines.length === 0 && !/^\s/.test(content)) isInList = false;
      lines.push(content);
    }
  }
  endParagraph();
  return paragraphs;
}

/** The text outside code spans: a run of backticks opens one where a run of the same length follows to close it. */
function outsideSpans(text: string): string[] {
  if (!text.includes('`')) return [text];
  const runs = [...text.matchAll(/`+/g)].map((match) => ({ at: match.index, length: match[0].length }));
  const places = new Map<number, number[]>();
  for (const { at, length } of runs.toReversed()) {
    const list = places.get(length);
    if (list === undefined) places.set(length, [at]);
    else list.push(at);
  }
  const parts: string[] = [];
  let from = 0;
  for (const run of runs) {
    if (run.at < from) continue;
    const later = places.get(run.length) ?? [];
    while ((later[later.length - 1] ?? Number.POSITIVE_INFINITY) <= run.at) later.pop();
    const close = later[later.length - 1];
    if (close === undefined || (run.at > 0 && text[run.at - 1] === '\\')) continue;
    parts.push(text.slice(from, run.at));
    from = close + run.length;
  }
  parts.push(text.slice(from));
  return parts;
}
