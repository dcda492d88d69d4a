import type { FinalState, StoredChannel, StoredMember, StoredMessage } from './final-state.ts';
import type { Findings } from './verdict.ts';

/** One channel of the final state, indexed; building it proves that the rows themselves are in order. */
export class TrueChannel {
  readonly facts: Omit<StoredChannel, 'messages'>;
  readonly bySeq = new Map<number, StoredMessage>();
  readonly byId = new Map<string, StoredMessage>();
  readonly members: ReadonlyMap<string, StoredMember>;

  constructor(channel: StoredChannel, findings: Findings) {
    this.facts = channel;
    this.members = new Map(channel.members.map((member) => [member.user, member]));
    for (const message of channel.messages) this.#store(message, findings);
    for (let seq = 1; seq <= channel.lastSeq; seq++) {
      if (!this.bySeq.has(seq)) findings.add('I3', 'the stored order has a hole', { channel: channel.id, seq });
    }
  }

  #store(message: StoredMessage, findings: Findings): void {
    const { id, seq, rev } = message;
    const place = { channel: this.facts.id, id, seq, rev };
    const sameSeq = this.bySeq.get(seq);
    if (sameSeq !== undefined) findings.add('I3', `two rows have this seq, the other is ${sameSeq.id}`, place);
    const sameId = this.byId.get(id);
    if (sameId !== undefined) findings.add('I2', `the message is stored twice, also at ${sameId.seq}`, place);
    if (seq > this.facts.lastSeq) findings.add('I3', `a row is above the channel's last seq`, place);
    if (rev > this.facts.lastRev) findings.add('I3', `a row is above the channel's last rev`, place);
    this.bySeq.set(seq, message);
    this.byId.set(id, message);
  }
}

/** The final state, indexed. */
export class Truth {
  readonly state: FinalState;
  readonly channels = new Map<string, TrueChannel>();

  constructor(state: FinalState, findings: Findings) {
    this.state = state;
    const revs = new Map<string, Map<number, string>>();
    for (const channel of state.channels) {
      const stored = new TrueChannel(channel, findings);
      this.channels.set(channel.id, stored);
      const taken = revs.get(channel.root) ?? new Map<number, string>();
      revs.set(channel.root, taken);
      for (const { id, rev, seq } of stored.bySeq.values()) {
        const other = taken.get(rev);
        if (other !== undefined)
          findings.add('I3', `two messages have this rev, the other is ${other}`, {
            channel: channel.id,
            id,
            seq,
            rev,
          });
        taken.set(rev, id);
      }
    }
  }
}
