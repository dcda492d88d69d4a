/** What the filler is made of: words, as people write them. */
const FILLER = 'the quick brown fox jumps over the lazy dog and ';

/** What a message of a run says about itself: when it was due, who sent it, and which of his it is. */
export interface Marker {
  /** Milliseconds on the clock of `nowMs`. */
  readonly dueMs: number;
  readonly user: number;
  readonly count: number;
}

/** A body of about so many bytes that begins with the marker. */
export function writeBody({ dueMs, user, count }: Marker, bytes: number): string {
  const marker = `~${Math.round(dueMs * 1_000).toString(36)}.${user}.${count}`;
  const room = bytes - marker.length - 1;
  return room <= 0
    ? marker
    : `${marker} ${FILLER.repeat(Math.ceil(room / FILLER.length))
        .slice(0, room)
        .trimEnd()}`;
}

/** When the message was due; null when it is not of a run. */
export function readDueMs(body: string): number | null {
  if (!body.startsWith('~')) return null;
  const us = Number.parseInt(body.slice(1, body.indexOf('.')), 36);
  return Number.isNaN(us) ? null : us / 1_000;
}

/** Names the content of a body: the marker, and how much follows it. */
export function digestOf(body: string): string {
  const end = body.indexOf(' ');
  return end < 0 ? body : `${body.slice(0, end)}+${body.length - end}`;
}
