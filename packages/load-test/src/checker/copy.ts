import type { Item } from './history-record.ts';
import type { Findings, Invariant, Place } from './verdict.ts';

/** One channel within a copy. */
interface Part {
  /** Messages above this are held without a hole; null in a thread of which none was heard yet. */
  start: number | null;
  top: number;
  /** Revs of messages that are not as they were when they were first shown live. */
  readonly revs: Map<number, number>;
}

/** What one process holds of one root channel and its threads, as its records tell; says where they go wrong. */
export class Copy {
  readonly root: string;
  readonly firstRev: number;
  rev: number;
  readonly #proc: string;
  readonly #findings: Findings;
  readonly #parts = new Map<string, Part>();

  constructor(proc: string, root: string, seq: number, rev: number, findings: Findings) {
    this.#proc = proc;
    this.root = root;
    this.firstRev = rev;
    this.rev = rev;
    this.#findings = findings;
    this.#parts.set(root, { start: seq, top: seq, revs: new Map() });
  }

  get parts(): ReadonlyMap<string, Part> {
    return this.#parts;
  }

  /** Takes one rev; it must be the next one. */
  advance(rev: number, place: Place): void {
    if (rev > this.rev + 1) this.#report('I4', `rev ${rev} came on top of ${this.rev}`, place);
    else if (rev <= this.rev) this.#report('I3', `rev ${rev} came after ${this.rev}`, place);
    this.rev = Math.max(this.rev, rev);
  }

  /** Shows a new message; it must be the channel's next one. */
  show(channel: string, seq: number, place: Place): void {
    const part = this.#part(channel);
    if (part.start === null) part.start = seq - 1;
    else if (seq > part.top + 1) this.#report('I4', `message ${seq} was shown on top of ${part.top}`, place);
    else if (seq <= part.top && seq > part.start) this.#report('I2', 'the message was shown a second time', place);
    else if (seq <= part.top) this.#report('I3', `message ${seq} was shown as new after ${part.top}`, place);
    part.top = Math.max(part.top, seq);
  }

  /** Gives a message a new state; it must be here, or be older than what is kept. */
  change(channel: string, seq: number, rev: number, place: Place): void {
    const part = this.#part(channel);
    if (part.start !== null && seq > part.top) this.#report('I9', 'a message was changed before it was shown', place);
    part.revs.set(seq, rev);
  }

  /** What a reply stands under must be here, or be older than what is kept. */
  demandParent(channel: string, parent: number, place: Place): void {
    const part = this.#part(channel);
    if (part.start !== null && parent > part.top) this.#report('I9', `a reply to ${parent} was shown before it`, place);
  }

  /** Takes all that changed up to `rev` at once: the new messages among it must fill each channel without a hole. */
  take(from: number, rev: number, items: readonly Item[], place: Place): void {
    if (from > this.rev) this.#report('I4', `changes from ${from} on were applied to ${this.rev}`, place);
    if (rev < this.rev) this.#report('I3', `changes up to ${rev} were applied to ${this.rev}`, place);
    const fresh = new Map<string, number[]>();
    for (const item of items) {
      const channel = item.channel ?? this.root;
      this.#compareNews(channel, item, place);
      if (item.rev <= from || item.rev > rev)
        this.#report('I3', `a state of rev ${item.rev} came with ${from} to ${rev}`, { ...place, id: item.id });
      const part = this.#part(channel);
      part.revs.set(item.seq, item.rev);
      // Of a thread not heard before, nobody can say which of its messages are new and which were only changed.
      if (part.start === null || item.seq <= part.top) continue;
      const list = fresh.get(channel);
      if (list === undefined) fresh.set(channel, [item.seq]);
      else list.push(item.seq);
    }
    for (const [channel, seqs] of fresh) {
      seqs.sort((a, b) => a - b);
      for (const seq of seqs) this.show(channel, seq, { ...place, channel, seq });
    }
    this.rev = Math.max(this.rev, rev);
  }

  /** What is new here was told as new, and nothing else was. */
  #compareNews(channel: string, { id, seq, isNew }: Item, place: Place): void {
    const part = this.#part(channel);
    if (part.start === null || isNew === undefined || isNew === seq > part.top) return;
    const where = { ...place, channel, id, seq };
    if (isNew) this.#report('I2', 'the message was shown as new a second time', where);
    else this.#report('I1', 'a new message came as a change of one that was never shown', where);
  }

  #part(channel: string): Part {
    let part = this.#parts.get(channel);
    if (part === undefined) {
      part = { start: null, top: 0, revs: new Map() };
      this.#parts.set(channel, part);
    }
    return part;
  }

  #report(invariant: Invariant, text: string, place: Place): void {
    this.#findings.add(invariant, text, { proc: this.#proc, channel: this.root, ...place });
  }
}
