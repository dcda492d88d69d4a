import type { HistoryRecord, ReadRecord, Stamp, StateRecord } from './history-record.ts';
import type { Proc, Rule } from './rule.ts';
import type { TrueChannel, Truth } from './truth.ts';
import type { Findings } from './verdict.ts';

interface Cursors {
  readonly readSeq: number;
  readonly deliveredSeq: number;
}

interface Reported {
  readonly epoch: string;
  readonly user: string;
  readonly channel: string;
  readonly seq: number;
}

/** I12: unread is arithmetic, counts are those of the database, and nobody's cursors go back or cross. */
export class CursorRule implements Rule {
  readonly #findings: Findings;
  /** What each process was told of each user, by process, channel and user. */
  readonly #told = new Map<string, Cursors>();
  /** How far each user was acknowledged to have read, by epoch, user and channel. */
  readonly #reported = new Map<string, Reported>();
  /** Users who marked a channel unread, which moves their own view of their cursor back. */
  readonly #marked = new Set<string>();
  readonly #finals = new Map<string, { readonly user: string; readonly proc: string; readonly record: StateRecord }>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  add(record: HistoryRecord, proc: Proc): void {
    switch (record.type) {
      case 'invoke':
        if (record.op === 'receipt.unread') this.#marked.add(`${proc.user} ${record.channel}`);
        return;
      case 'ack':
        if (record.op === 'receipt.read' && record.outcome === 'ok' && record.channel !== undefined)
          this.#report({ epoch: proc.epoch, user: proc.user, channel: record.channel, seq: record.seq ?? 0 });
        return;
      case 'read':
        return this.#learn(record, proc);
      case 'state': {
        const unread = Math.max(0, record.seq - record.readSeq);
        if (record.unread !== unread)
          this.#findings.add('I12', `${record.unread} unread are shown, ${unread} are`, placeOf(record, proc));
        if (record.final)
          this.#finals.set(`${proc.name} ${record.channel}`, { user: proc.user, proc: proc.name, record });
        return;
      }
      default:
    }
  }

  finish(truth: Truth): void {
    for (const { epoch, user, channel, seq } of this.#reported.values()) {
      if (epoch !== truth.state.epoch) continue;
      const member = truth.channels.get(channel)?.members.get(user);
      if (member !== undefined && member.readSeq < seq && !this.#marked.has(`${user} ${channel}`))
        this.#findings.add('I12', `${user} had read up to ${seq}; ${member.readSeq} is stored`, { channel });
    }
    for (const [channel, { facts, members }] of truth.channels) {
      for (const { user, readSeq, deliveredSeq } of members.values()) {
        if (readSeq > deliveredSeq || deliveredSeq > facts.lastSeq)
          this.#findings.add('I12', `${user} is stored at read ${readSeq}, delivered ${deliveredSeq}`, { channel });
      }
    }
    for (const { user, proc, record } of this.#finals.values()) {
      const channel = truth.channels.get(record.channel);
      if (channel !== undefined) this.#compareFinal(user, proc, record, channel);
    }
  }

  #compareFinal(user: string, proc: string, record: StateRecord, channel: TrueChannel): void {
    const member = channel.members.get(user);
    if (member === undefined) return;
    const place = { proc, channel: record.channel };
    if (record.readSeq !== member.readSeq)
      this.#findings.add('I12', `the client ends at read ${record.readSeq}; ${member.readSeq} is stored`, place);
    let mentions = 0;
    for (const row of channel.bySeq.values()) {
      const calls = row.mentions?.includes(user) === true || (row.everyone === true && row.sender !== user);
      if (calls && row.seq > member.readSeq) mentions += 1;
    }
    if (record.mentions !== mentions)
      this.#findings.add('I12', `${record.mentions} mentions are shown, ${mentions} are stored`, place);
  }

  #learn(record: ReadRecord & Stamp, proc: Proc): void {
    const { user, channel, readSeq, deliveredSeq } = record;
    const key = `${proc.epoch} ${proc.name} ${channel} ${user}`;
    const before = this.#told.get(key);
    const place = placeOf(record, proc);
    if (readSeq > deliveredSeq)
      this.#findings.add('I12', `${user} has read ${readSeq} with only ${deliveredSeq} delivered`, place);
    const mayGoBack = user === proc.user && this.#marked.has(`${user} ${channel}`);
    if (before !== undefined && readSeq < before.readSeq && !mayGoBack)
      this.#findings.add('I12', `${user} went back from read ${before.readSeq} to ${readSeq}`, place);
    if (before !== undefined && deliveredSeq < before.deliveredSeq)
      this.#findings.add('I12', `${user} went back from delivered ${before.deliveredSeq} to ${deliveredSeq}`, place);
    this.#told.set(key, { readSeq, deliveredSeq });
  }

  #report(reported: Reported): void {
    const key = `${reported.epoch} ${reported.user} ${reported.channel}`;
    const before = this.#reported.get(key);
    if (before === undefined || before.seq < reported.seq) this.#reported.set(key, reported);
  }
}

function placeOf(record: Stamp & { readonly channel: string }, proc: Proc) {
  return { proc: proc.name, channel: record.channel, tMono: record.tMono };
}
