import type { AckRecord, HistoryRecord, InvokeRecord, Stamp } from './history-record.ts';
import type { Proc, Rule } from './rule.ts';
import type { TrueChannel, Truth } from './truth.ts';
import type { Findings } from './verdict.ts';

const SEND = 'message.send';

/** Errors after which a send may have been stored all the same; after every other code it certainly was not. */
const UNSURE_CODES: ReadonlySet<string> = new Set(['unavailable', 'internal']);

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

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  add(record: HistoryRecord, proc: Proc): void {
    if (record.type === 'invoke' && record.op === SEND) this.#fateOf(record, proc).open += 1;
    else if (record.type === 'ack' && record.op === SEND) this.#answer(this.#fateOf(record, proc), record, proc);
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

  #answer(fate: Fate, record: AckRecord & Stamp, proc: Proc): void {
    fate.open = Math.max(0, fate.open - 1);
    if (record.outcome === 'ok') this.#acknowledge(fate, record, proc);
    else if (record.outcome === 'info' || UNSURE_CODES.has(record.code ?? '')) fate.unsure = true;
    else fate.refusal = record.code ?? 'without a code';
  }

  #acknowledge(fate: Fate, record: AckRecord & Stamp, proc: Proc): void {
    const { seq = 0, rev = 0 } = record;
    const { acked } = fate;
    this.acknowledged += 1;
    if (acked !== null && acked.epoch === proc.epoch && (acked.seq !== seq || acked.rev !== rev)) {
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
