import { Copy } from './copy.ts';
import type { StoredMessage } from './final-state.ts';
import type { HistoryRecord, RecvRecord, Stamp, StateRecord } from './history-record.ts';
import type { Proc, Rule } from './rule.ts';
import type { TrueChannel, Truth } from './truth.ts';
import type { Findings, Place } from './verdict.ts';

interface Final {
  readonly proc: string;
  readonly user: string;
  readonly record: StateRecord;
}

/** I1 to I4, I9 and I10 for each client: it moves in order, without holes and doubles, and ends where the database is. */
export class Copies implements Rule {
  received = 0;
  readonly #findings: Findings;
  /** By process, then by root channel. */
  readonly #copies = new Map<string, Map<string, Copy>>();
  readonly #finals = new Map<string, Final>();
  /** The rev under which each message was new, by channel and seq, as anybody heard it live. */
  readonly #births = new Map<string, Map<number, number>>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  add(record: HistoryRecord, proc: Proc): void {
    switch (record.type) {
      case 'conn':
        // The registry has not taken this record yet: another epoch voids what was kept.
        if (record.epoch !== proc.epoch) this.#copies.delete(proc.name);
        return;
      case 'reset':
        this.#copiesOf(proc).set(
          record.channel,
          new Copy(proc.name, record.channel, record.seq, record.rev, this.#findings),
        );
        return;
      case 'gone':
        this.#copiesOf(proc).delete(record.channel);
        return;
      case 'recv':
        return this.#receive(record, proc);
      case 'resume': {
        this.received += record.items.length;
        const place = { tMono: record.tMono };
        this.#copy(record.channel, proc, place)?.take(record.from, record.rev, record.items, place);
        return;
      }
      case 'state':
        this.#lookAtScreen(record, proc);
        if (record.final)
          this.#finals.set(`${proc.name} ${record.channel}`, { proc: proc.name, user: proc.user, record });
        return;
      default:
    }
  }

  finish(truth: Truth): void {
    for (const final of this.#finals.values()) {
      const channel = truth.channels.get(final.record.channel);
      if (channel !== undefined) this.#compareFinal(final, channel);
    }
    for (const { proc, channels } of truth.state.expected ?? []) {
      for (const channel of channels) {
        if (!this.#finals.has(`${proc} ${channel}`))
          this.#findings.add('I10', 'the client never came to rest in this channel', { proc, channel });
      }
    }
    const altered = this.#alteredRows(truth);
    for (const [proc, copies] of this.#copies) {
      for (const copy of copies.values()) this.#compareCopy(proc, copy, altered);
    }
  }

  #receive(record: RecvRecord & Stamp, proc: Proc): void {
    const { channel, root = channel, id, seq, rev, op, parent } = record;
    this.received += 1;
    const place = { channel, id, seq, rev, tMono: record.tMono };
    const copy = this.#copy(root, proc, place);
    if (copy === undefined) return;
    copy.advance(rev, place);
    if (seq === undefined) return;
    if (op === 'new') {
      if (parent !== undefined && (root !== channel || parent < seq)) copy.demandParent(root, parent, place);
      else if (parent !== undefined) this.#findings.add('I9', `a reply stands before ${parent}`, place);
      copy.show(channel, seq, place);
      this.#birthsOf(proc.epoch, channel).set(seq, rev);
    } else copy.change(channel, seq, rev, place);
  }

  #lookAtScreen(record: StateRecord & Stamp, proc: Proc): void {
    let last: number | null = null;
    for (const { id, seq } of record.items) {
      const place = { proc: proc.name, channel: record.channel, id, seq, tMono: record.tMono };
      if (last !== null && seq === last) this.#findings.add('I2', 'the message is on the screen twice', place);
      else if (last !== null && seq < last) this.#findings.add('I3', `it is on the screen below ${last}`, place);
      else if (last !== null && seq > last + 1) this.#findings.add('I4', `the screen has a hole above ${last}`, place);
      last = seq;
    }
    // Before all is at rest the screen may be a moment ahead or behind of what the channel list says.
    if (record.final && last !== null && last !== record.seq) {
      const place = { proc: proc.name, channel: record.channel, tMono: record.tMono };
      this.#findings.add('I4', `the screen ends at ${last}, the channel at ${record.seq}`, place);
    }
  }

  #compareFinal({ proc, record }: Final, { facts, bySeq }: TrueChannel): void {
    const place = { proc, channel: facts.id, seq: record.seq, rev: record.rev };
    if (record.seq < facts.lastSeq)
      this.#findings.add('I1', `the client never got messages up to ${facts.lastSeq}`, place);
    else if (record.seq > facts.lastSeq)
      this.#findings.add('I6', `the client shows more than the ${facts.lastSeq} stored`, place);
    if (facts.root === facts.id && record.rev !== facts.lastRev)
      this.#findings.add('I10', `the client came to rest at another rev than ${facts.lastRev}`, place);
    for (const item of record.items) {
      const row = bySeq.get(item.seq);
      if (row !== undefined && row.id === item.id && row.rev !== item.rev)
        this.#findings.add('I10', `the message is stored at rev ${row.rev}`, { ...place, ...item });
    }
  }

  /** The rows that are not as they were when they were new, by channel: only these can be held in a wrong state. */
  #alteredRows(truth: Truth): Map<string, StoredMessage[]> {
    const altered = new Map<string, StoredMessage[]>();
    for (const [channel, { bySeq }] of truth.channels) {
      const births = this.#birthsOf(truth.state.epoch, channel);
      altered.set(
        channel,
        [...bySeq.values()].filter((row) => births.get(row.seq) !== row.rev),
      );
    }
    return altered;
  }

  /** Every message that the copy covers must be in the state that the database has, unless that came after the copy ends. */
  #compareCopy(proc: string, copy: Copy, altered: ReadonlyMap<string, readonly StoredMessage[]>): void {
    for (const [channel, part] of copy.parts) {
      for (const { id, seq, rev } of altered.get(channel) ?? []) {
        if (part.start === null || rev > copy.rev || rev <= copy.firstRev || seq > part.top) continue;
        const held = part.revs.get(seq);
        if (held === rev) continue;
        const place = { proc, channel, id, seq, rev };
        this.#findings.add('I10', `the client missed this state of the message; it has ${held ?? 'the first'}`, place);
      }
    }
  }

  #birthsOf(epoch: string, channel: string): Map<number, number> {
    const key = `${epoch} ${channel}`;
    let births = this.#births.get(key);
    if (births === undefined) {
      births = new Map();
      this.#births.set(key, births);
    }
    return births;
  }

  #copiesOf(proc: Proc): Map<string, Copy> {
    let copies = this.#copies.get(proc.name);
    if (copies === undefined) {
      copies = new Map();
      this.#copies.set(proc.name, copies);
    }
    return copies;
  }

  #copy(root: string, proc: Proc, place: Place): Copy | undefined {
    const copy = this.#copies.get(proc.name)?.get(root);
    if (copy === undefined)
      this.#findings.add('I4', 'something was applied before it was told where the channel stands', {
        proc: proc.name,
        channel: root,
        ...place,
      });
    return copy;
  }
}
