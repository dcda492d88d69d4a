import type { HistoryRecord, Item } from './history-record.ts';
import type { Proc, Rule } from './rule.ts';
import type { Truth } from './truth.ts';
import type { Findings, Place } from './verdict.ts';

interface Entry {
  readonly id: string;
  shown: boolean;
  digest: { readonly rev: number; readonly text: string } | null;
}

/** Where everybody says that the messages of one channel are. */
interface Claims {
  readonly epoch: string;
  readonly channel: string;
  readonly bySeq: Map<number, Entry>;
  readonly seqById: Map<string, number>;
}

/**
 * I2, I3 and I6 over all processes: each seq names one message, each message one seq, each rev one change, whoever tells it;
 * and what anybody was shown is still there in the end.
 */
export class Order implements Rule {
  readonly #findings: Findings;
  readonly #claims = new Map<string, Claims>();
  /** What took each rev of a root, as far as anybody has told. */
  readonly #revs = new Map<string, Map<number, string>>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  add(record: HistoryRecord, proc: Proc): void {
    switch (record.type) {
      case 'ack':
        if (record.op !== 'message.send' || record.outcome !== 'ok') return;
        this.#claim(proc, { ...record, channel: record.channel ?? '' }, false, record);
        return;
      case 'recv': {
        const { id, seq, rev, channel, root = channel } = record;
        const place = { proc: proc.name, channel, id, seq, rev, tMono: record.tMono };
        this.#takeRev(`${proc.epoch} ${root}`, rev, id ?? record.op, place);
        if (id !== undefined && seq !== undefined) this.#claim(proc, { ...record, id, seq }, true, record);
        return;
      }
      case 'resume':
        for (const { id, rev, seq } of record.items) {
          const place = { proc: proc.name, channel: record.channel, id, seq, rev, tMono: record.tMono };
          this.#takeRev(`${proc.epoch} ${record.channel}`, rev, id, place);
        }
        for (const item of record.items) this.#claim(proc, { channel: record.channel, ...item }, true, record);
        return;
      case 'history':
      case 'state':
        for (const item of record.items) this.#claim(proc, { channel: record.channel, ...item }, true, record);
        return;
      default:
    }
  }

  finish(truth: Truth): void {
    this.#compareRevs(truth);
    for (const { epoch, channel, bySeq } of this.#claims.values()) {
      if (epoch !== truth.state.epoch) continue;
      const stored = truth.channels.get(channel);
      for (const [seq, entry] of bySeq) {
        if (!entry.shown) continue;
        const row = stored?.bySeq.get(seq);
        const place = { channel, seq, id: entry.id };
        if (row === undefined) this.#findings.add('I6', 'a message that was shown has vanished', place);
        else if (row.id !== entry.id) this.#findings.add('I3', `the database has ${row.id} in this place`, place);
        else if (entry.digest?.rev === row.rev && row.digest !== undefined && entry.digest.text !== row.digest)
          this.#findings.add('I10', 'a message was shown with another content than is stored', place);
      }
    }
  }

  #compareRevs(truth: Truth): void {
    for (const [channel, { facts, bySeq }] of truth.channels) {
      const told = this.#revs.get(`${truth.state.epoch} ${facts.root}`);
      for (const { id, seq, rev } of bySeq.values()) {
        const known = told?.get(rev);
        if (known !== undefined && known !== id)
          this.#findings.add('I3', `this rev was told as that of ${known}`, { channel, id, seq, rev });
      }
    }
  }

  #takeRev(root: string, rev: number, what: string, place: Place): void {
    let revs = this.#revs.get(root);
    if (revs === undefined) {
      revs = new Map();
      this.#revs.set(root, revs);
    }
    const known = revs.get(rev);
    if (known === undefined) revs.set(rev, what);
    else if (known !== what) this.#findings.add('I3', `this rev was told before as that of ${known}`, place);
  }

  #claim(
    proc: Proc,
    item: { channel: string; id: string; seq?: number; rev?: number; digest?: string },
    shown: boolean,
    record: HistoryRecord,
  ): void {
    const { channel, id, seq = 0, rev = 0 } = item;
    const place = { proc: proc.name, channel, id, seq, rev, tMono: record.tMono };
    const claims = this.#claimsOf(proc.epoch, channel);
    const known = claims.bySeq.get(seq);
    const otherSeq = claims.seqById.get(id);
    if (known !== undefined && known.id !== id)
      return this.#findings.add('I3', `this seq was told before as that of ${known.id}`, place);
    if (otherSeq !== undefined && otherSeq !== seq)
      return this.#findings.add('I2', `the message was told before to be at ${otherSeq}`, place);
    const entry = known ?? { id, shown: false, digest: null };
    if (known === undefined) claims.bySeq.set(seq, entry);
    claims.seqById.set(id, seq);
    entry.shown ||= shown;
    this.#compareContent(entry, { ...item, id, seq, rev }, place);
  }

  /** Two who hold the same rev of a message hold the same content. */
  #compareContent(entry: Entry, item: Item, place: Place): void {
    if (item.digest === undefined) return;
    if (entry.digest === null || entry.digest.rev < item.rev) entry.digest = { rev: item.rev, text: item.digest };
    else if (entry.digest.rev === item.rev && entry.digest.text !== item.digest)
      this.#findings.add('I10', 'the message was shown before with another content at the same rev', place);
  }

  #claimsOf(epoch: string, channel: string): Claims {
    const key = `${epoch} ${channel}`;
    let claims = this.#claims.get(key);
    if (claims === undefined) {
      claims = { epoch, channel, bySeq: new Map(), seqById: new Map() };
      this.#claims.set(key, claims);
    }
    return claims;
  }
}
