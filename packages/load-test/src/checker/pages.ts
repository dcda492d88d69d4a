import type { HistoryRecord, PageRecord, Stamp } from './history-record.ts';
import type { Proc, Rule } from './rule.ts';
import type { Findings } from './verdict.ts';

/** A fact that later pages must not fall behind: the last message known, and since when. */
interface Mark {
  readonly seq: number;
  readonly tMono: number;
}

/** Keeps a rising list of marks and finds the highest one of a time: pages answer late, so the past is asked for. */
class Marks {
  readonly #marks: Mark[] = [];

  add(seq: number, tMono: number): void {
    const last = this.#marks[this.#marks.length - 1];
    if (last === undefined || seq > last.seq) this.#marks.push({ seq, tMono });
  }

  at(tMono: number): number {
    for (let index = this.#marks.length - 1; index >= 0; index--) {
      const mark = this.#marks[index];
      if (mark !== undefined && mark.tMono <= tMono) return mark.seq;
    }
    return 0;
  }
}

/** I7 and I8: a page holds all that its reader was told before he asked, from whichever node, and no older state of it. */
export class Pages implements Rule {
  readonly #findings: Findings;
  /** What each user was acknowledged, by user and channel. */
  readonly #acked = new Map<string, Marks>();
  /** What each process has seen to exist, by process and channel. */
  readonly #seen = new Map<string, Marks>();
  /** The newest state of each message that a process has read, with the time. */
  readonly #states = new Map<string, Map<number, { readonly rev: number; readonly tMono: number }>>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  add(record: HistoryRecord, proc: Proc): void {
    switch (record.type) {
      case 'ack':
        if (record.op !== 'message.send' || record.outcome !== 'ok' || record.channel === undefined) return;
        marksIn(this.#acked, `${proc.epoch} ${proc.user} ${record.channel}`).add(record.seq ?? 0, record.tMono);
        return;
      case 'recv':
        if (record.op === 'new' && record.seq !== undefined)
          marksIn(this.#seen, `${proc.epoch} ${proc.name} ${record.channel}`).add(record.seq, record.tMono);
        return;
      case 'history':
        return this.#read(record, proc);
      default:
    }
  }

  finish(): void {}

  #read(page: PageRecord & Stamp, proc: Proc): void {
    const place = { proc: proc.name, channel: page.channel, seq: page.seq, tMono: page.tMono };
    const acked = this.#acked.get(`${proc.epoch} ${proc.user} ${page.channel}`)?.at(page.asked) ?? 0;
    if (page.seq < acked) this.#findings.add('I7', `the reader's own message ${acked} is not in the history`, place);
    const seen = marksIn(this.#seen, `${proc.epoch} ${proc.name} ${page.channel}`);
    const before = seen.at(page.asked);
    if (page.seq < before) this.#findings.add('I8', `the history ended at ${before} before`, place);
    seen.add(page.seq, page.tMono);
    this.#readItems(page, proc);
  }

  #readItems(page: PageRecord & Stamp, proc: Proc): void {
    const key = `${proc.epoch} ${proc.name} ${page.channel}`;
    const states = this.#states.get(key) ?? new Map<number, { rev: number; tMono: number }>();
    this.#states.set(key, states);
    let last: number | null = null;
    for (const { id, seq, rev } of page.items) {
      const place = { proc: proc.name, channel: page.channel, id, seq, rev, tMono: page.tMono };
      if (last !== null && seq !== last + 1)
        this.#findings.add(seq <= last ? 'I3' : 'I4', `the page has ${seq} after ${last}`, place);
      last = seq;
      const state = states.get(seq);
      if (state !== undefined && state.tMono <= page.asked && rev < state.rev)
        this.#findings.add('I8', `the message was at rev ${state.rev} before`, place);
      if (state === undefined || rev > state.rev) states.set(seq, { rev, tMono: page.tMono });
    }
    if (!page.hasAfter && last !== null && last !== page.seq) {
      const place = { proc: proc.name, channel: page.channel, seq: page.seq, tMono: page.tMono };
      this.#findings.add('I4', `the last page ends at ${last}`, place);
    }
  }
}

function marksIn(map: Map<string, Marks>, key: string): Marks {
  let marks = map.get(key);
  if (marks === undefined) {
    marks = new Marks();
    map.set(key, marks);
  }
  return marks;
}
