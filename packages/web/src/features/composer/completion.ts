/** What a letter at the start of a word asks to be completed with. */
export type CompletionKind = 'person' | 'channel' | 'emoji';

export interface Trigger {
  readonly kind: CompletionKind;
  /** What was typed behind the letter. */
  readonly query: string;
  /** Where the letter stands. */
  readonly start: number;
}

const KINDS: Readonly<Record<string, CompletionKind>> = { '@': 'person', '#': 'channel', ':': 'emoji' };
const TRIGGER = /(?:^|[\s([{"'*_~>])([@#:])([\p{L}\p{N}._+-]*)$/u;
/** `:)` and `12:30` ask for nothing: an emoji wants two letters. */
const EMOJI_MIN_LENGTH = 2;
const MAX_QUERY = 40;

/** What is asked for at the caret, if anything. */
export function findTrigger(text: string, caret: number): Trigger | null {
  const before = text.slice(Math.max(0, caret - MAX_QUERY - 2), caret);
  const match = TRIGGER.exec(before);
  const kind = KINDS[match?.[1] ?? ''];
  const query = match?.[2] ?? '';
  if (kind === undefined || isInCode(text.slice(0, caret))) return null;
  if (kind === 'emoji' && query.length < EMOJI_MIN_LENGTH) return null;
  return { kind, query, start: caret - query.length - 1 };
}

/** The text with the completion in the place of what asked for it, and where the caret goes. */
export function complete(
  text: string,
  caret: number,
  trigger: Trigger,
  insert: string,
): { text: string; caret: number } {
  const after = text.slice(caret);
  const space = after.startsWith(' ') ? '' : ' ';
  const head = text.slice(0, trigger.start) + insert + space;
  return { text: head + after, caret: head.length + (space === '' ? 1 : 0) };
}

function isInCode(before: string): boolean {
  const fences = before.match(/^```/gm)?.length ?? 0;
  if (fences % 2 === 1) return true;
  const line = before.slice(before.lastIndexOf('\n') + 1).replaceAll('```', '');
  return (line.match(/`/g)?.length ?? 0) % 2 === 1;
}
