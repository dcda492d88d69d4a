/** What must hold, in one line each. */
export const INVARIANTS = {
  I1: 'what was acknowledged is stored, and reaches every member that stays or comes back',
  I2: 'a message is stored once, and no client shows it twice',
  I3: 'every channel has one gapless order that all agree on, and nobody sees it go back',
  I4: 'nobody shows a message before the one in front of it, or ends with a hole',
  I5: 'a repeated send gets the same answer',
  I6: 'nothing refused is ever shown, and nothing shown vanishes',
  I7: 'after its acknowledgement the sender reads the message from any node',
  I8: 'history never goes back within a client',
  I9: 'no reply or reaction comes before its parent',
  I10: 'what a client built from events is what the database holds',
  I11: 'who was removed hears nothing that was committed after',
  I12: 'unread, mentions and cursors are right; cursors go forward, and read <= delivered',
  I13: 'presence and typing tell the truth in time',
  I16: 'every send ends: in an acknowledgement or in a coded error',
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** Where a rule was broken. */
export interface Place {
  readonly proc?: string | undefined;
  readonly channel?: string | undefined;
  readonly id?: string | undefined;
  readonly seq?: number | undefined;
  readonly rev?: number | undefined;
  readonly tMono?: number | undefined;
}

export interface Violation extends Place {
  readonly invariant: Invariant;
  readonly text: string;
}

export interface Verdict {
  readonly ok: boolean;
  /** The first few of each invariant; `counts` has how many there were. */
  readonly violations: readonly Violation[];
  readonly counts: Readonly<Partial<Record<Invariant, number>>>;
  readonly records: number;
  readonly faults: number;
  /** Sends that were acknowledged, and message showings that were looked at. */
  readonly acknowledged: number;
  readonly received: number;
}

/** Violations of one invariant that are kept whole: the first ones tell the story, the rest repeats it. */
const MAX_KEPT = 20;

/** Collects what the rules find. */
export class Findings {
  readonly violations: Violation[] = [];
  readonly counts: Partial<Record<Invariant, number>> = {};

  add(invariant: Invariant, text: string, place: Place): void {
    const count = (this.counts[invariant] ?? 0) + 1;
    this.counts[invariant] = count;
    if (count <= MAX_KEPT) this.violations.push({ ...place, invariant, text });
  }
}

/** A verdict for people: one line when all is well, else each broken invariant with its first violations. */
export function formatVerdict(verdict: Verdict): string {
  const { records, faults, acknowledged, received } = verdict;
  const looked = `${records} records, ${acknowledged} acknowledged, ${received} received, ${faults} faults`;
  if (verdict.ok) return `nothing is lost: ${looked}`;
  const lines = [`BROKEN: ${looked}`];
  for (const invariant of Object.keys(INVARIANTS) as Invariant[]) {
    const count = verdict.counts[invariant];
    if (count === undefined) continue;
    lines.push(`${invariant} (${INVARIANTS[invariant]}): ${count}`);
    for (const violation of verdict.violations) {
      if (violation.invariant === invariant) lines.push(`  ${violation.text}${formatPlace(violation)}`);
    }
  }
  return lines.join('\n');
}

function formatPlace(violation: Violation): string {
  const keys = ['proc', 'channel', 'id', 'seq', 'rev', 'tMono'] as const;
  const parts = keys.filter((key) => violation[key] !== undefined).map((key) => `${key} ${violation[key]}`);
  return parts.length === 0 ? '' : ` [${parts.join(', ')}]`;
}
