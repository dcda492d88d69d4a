import type { AckRecord, HistoryRecord, InvokeRecord, Stamp } from './history-record.ts';
import type { Proc, Rule } from './rule.ts';
import type { TrueChannel, Truth } from './truth.ts';
import type { Findings } from './verdict.ts';

const SEND = 'message.send';

/** Errors after which a send may have been stored all the same; after every other code it certainly was not. */
const UNSURE_CODES: ReadonlySet<string> = new Set(['unavailable', 'internal']);

/** Errors that say for certain that the message is not stored. */
const NOT_STORED_CODES: ReadonlySet<string> = new Set(['busy', 'expired', 'rate_limited']);

/** All that is known of one message id of one sender. */
interface Fate {
  readonly channel: string;
  readonly id: string;
  readonly user: string;
  readonly proc: string;
  open: number;
  acked: { readonly seq: number; readonly rev: number; readonly epoch: string } | null;
  /** An attempt had no answer, or one that leaves it open. */
  unsure: boolean;
  refusal: string | null;
}

/** I1, I2, I5, I6 and I16 for sends: what was asked, what was answered, and what is stored. */
export class Sends implements Rule {
  acknowledged = 0;
  readonly #findings: Findings;
  readonly #fates = new Map<string, Fate>();
  /** Messages that somebody was shown, by channel and id. */
  readonly #shown = new Set<string>();
  /** Messages that are not stored, as their senders were told, and that were not asked for again since. */
  readonly #denied = new Map<string, Fate>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  add(record: HistoryRecord, proc: Proc): void {
    switch (record.type) {
      case 'invoke':
        if (record.op === SEND) this.#ask(this.#fateOf(record, proc));
        return;
      case 'ack':
        if (record.op === SEND) this.#answer(this.#fateOf(record, proc), record, proc);
        return;
      case 'recv':
        if (record.op === 'new' && record.id !== undefined) this.#show(record.channel, record.id, record, proc);
        return;
      case 'resume':
      case 'history':
        for (const { channel = record.channel, id } of record.items) this.#show(channel, id, record, proc);
        return;
      default:
    }
  }

  finish(truth: Truth): void {
    for (const fate of this.#fates.values()) {
      const { id, proc } = fate;
      if (fate.open > 0) this.#findings.add('I16', 'a send never ended', { proc, channel: fate.channel, id });
      const channel = truth.channels.get(fate.channel);
      if (fate.acked?.epoch === truth.state.epoch) this.#demandStored(fate, fate.acked, channel);
    }
    for (const [channelId, channel] of truth.channels) this.#demandAsked(channelId, channel);
  }

  #fateOf(record: InvokeRecord | AckRecord, proc: Proc): Fate {
    const channel = record.channel ?? '';
    const key = `${channel} ${record.id} ${proc.user}`;
    let fate = this.#fates.get(key);
    if (fate === undefined) {
      fate = {
        channel,
        id: record.id,
        user: proc.user,
        proc: proc.name,
        open: 0,
        acked: null,
        unsure: false,
        refusal: null,
      };
      this.#fates.set(key, fate);
    }
    return fate;
  }

  #ask(fate: Fate): void {
    fate.open += 1;
    this.#denied.delete(`${fate.channel} ${fate.id}`);
  }

  #show(channel: string, id: string, { tMono }: Stamp, proc: Proc): void {
    const key = `${channel} ${id}`;
    this.#shown.add(key);
    const denied = this.#denied.get(key);
    if (denied === undefined) return;
    const text = `a message refused as ${denied.refusal} is shown, and was not sent again`;
    this.#findings.add('I6', text, { proc: proc.name, channel, id, tMono });
  }

  /** Told that it is not stored, a sender may write it again as another message: then it must not be there. */
  #deny(fate: Fate, { tMono }: Stamp): void {
    const { channel, id, proc, refusal } = fate;
    if (fate.unsure || fate.acked !== null || fate.open > 0 || !NOT_STORED_CODES.has(refusal ?? '')) return;
    const key = `${channel} ${id}`;
    if (!this.#shown.has(key)) this.#denied.set(key, fate);
    else
      this.#findings.add('I6', `a message was shown before it was refused as ${refusal}`, { proc, channel, id, tMono });
  }

  #answer(fate: Fate, record: AckRecord & Stamp, proc: Proc): void {
    fate.open = Math.max(0, fate.open - 1);
    if (record.outcome === 'ok') this.#acknowledge(fate, record, proc);
    else if (record.outcome === 'info' || UNSURE_CODES.has(record.code ?? '')) fate.unsure = true;
    else {
      fate.refusal = record.code ?? 'without a code';
      this.#deny(fate, record);
    }
  }

  #acknowledge(fate: Fate, record: AckRecord & Stamp, proc: Proc): void {
    const { seq = 0, rev = 0 } = record;
    const { acked } = fate;
    this.acknowledged += 1;
    // The message may have changed since, but it stands where it stood.
    if (acked !== null && acked.epoch === proc.epoch && (acked.seq !== seq || acked.rev > rev)) {
      const text = `a repeat was answered with ${seq}/${rev}, the first with ${acked.seq}/${acked.rev}`;
      this.#findings.add('I5', text, { proc: proc.name, channel: fate.channel, id: fate.id, tMono: record.tMono });
    }
    fate.acked = { seq, rev, epoch: proc.epoch };
  }

  #demandStored(fate: Fate, acked: { seq: number; rev: number }, channel: TrueChannel | undefined): void {
    const place = { proc: fate.proc, channel: fate.channel, id: fate.id, seq: acked.seq, rev: acked.rev };
    const row = channel?.byId.get(fate.id);
    if (row === undefined) this.#findings.add('I1', 'an acknowledged message is not stored', place);
    else if (row.seq !== acked.seq) this.#findings.add('I1', `an acknowledged message is stored at ${row.seq}`, place);
    else if (row.rev < acked.rev)
      this.#findings.add('I1', `an acknowledged message is stored at rev ${row.rev}`, place);
    else if (row.sender !== fate.user) this.#findings.add('I1', `an acknowledged message is ${row.sender}'s`, place);
  }

  /** Every row was asked for by its sender, and not refused each time. */
  #demandAsked(channelId: string, channel: TrueChannel): void {
    for (const row of channel.byId.values()) {
      if (row.system === true || row.seq <= (channel.facts.firstSeq ?? 0)) continue;
      const place = { channel: channelId, id: row.id, seq: row.seq };
      const fate = this.#fates.get(`${channelId} ${row.id} ${row.sender}`);
      if (fate === undefined) this.#findings.add('I6', 'a stored message was asked for by nobody', place);
      else if (fate.acked === null && !fate.unsure && fate.open === 0 && fate.refusal !== null)
        this.#findings.add('I6', `a message refused as ${fate.refusal} is stored`, place);
    }
  }
}
