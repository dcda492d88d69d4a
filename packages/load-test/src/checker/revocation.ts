import type { AckRecord, HistoryRecord, Stamp } from './history-record.ts';
import type { Proc, Rule } from './rule.ts';
import type { TrueChannel, Truth } from './truth.ts';
import type { Findings, Place } from './verdict.ts';

const REMOVALS: ReadonlySet<string> = new Set(['member.kick', 'member.ban', 'channel.leave']);

/** Revs of a root channel at which one process stood, one after the other. */
interface Walk {
  readonly proc: string;
  readonly user: string;
  readonly from: number;
  to: number;
}

/** Something that came too late after a removal; what is open to everybody may be read all the same. */
interface Late {
  readonly root: string;
  readonly text: string;
  readonly place: Place;
}

/** A message that somebody was told is stored. */
interface Written {
  readonly user: string;
  readonly rev: number;
  readonly place: Place;
}

/** The revs between which a user was out: the leave's own and that of the return, both not included. */
interface Absence {
  readonly left: number;
  readonly back: number;
}

/** I11: nobody stands at a rev of a closed channel that he was not in at that rev, is given or writes one, and a removal is soon felt. */
export class Revocation implements Rule {
  readonly #findings: Findings;
  /** By epoch and root. */
  readonly #walks = new Map<string, Walk[]>();
  /** The walk that each process is on, by process and root. */
  readonly #current = new Map<string, Walk>();
  /** Leaves and returns as anybody heard them, by epoch, root and user: from rev to "is in". */
  readonly #moves = new Map<string, Map<number, boolean>>();
  /** Messages of which a try had no answer: that to a later one may tell a rev that the message has got since. */
  readonly #unsure = new Set<string>();
  /** When a removal was acknowledged, by root and user. */
  readonly #removedAt = new Map<string, number>();
  readonly #late: Late[] = [];
  /** By epoch and channel. */
  readonly #written = new Map<string, Written[]>();
  readonly #removalMs: number;

  /** `removalMs`: nothing at all, however old, comes later than this after a removal was acknowledged. */
  constructor(findings: Findings, removalMs: number) {
    this.#findings = findings;
    this.#removalMs = removalMs;
  }

  add(record: HistoryRecord, proc: Proc): void {
    switch (record.type) {
      case 'ack':
        if (record.op === 'message.send') return this.#noteWriting(record, proc);
        return this.#noteRemoval(record, proc);
      case 'reset':
        this.#removedAt.delete(`${record.channel} ${proc.user}`);
        return this.#jump(proc, record.channel, record.rev);
      case 'gone':
        this.#current.delete(`${proc.name} ${record.channel}`);
        return;
      case 'recv': {
        const { channel, root = channel } = record;
        this.#noteMoves(`${proc.epoch} ${root}`, record.rev, record.joined ?? [], true);
        this.#noteMoves(`${proc.epoch} ${root}`, record.rev, record.left ?? [], false);
        this.#noteReturns(root, record.joined);
        this.#hear(record, proc, root);
        return this.#step(proc, root, record.rev);
      }
      case 'heard':
        this.#addWalk(proc, record.channel, record.rev);
        return;
      case 'resume':
        this.#noteReturns(record.channel, record.joined);
        this.#hear(record, proc, record.channel);
        return this.#jump(proc, record.channel, record.rev);
      default:
    }
  }

  finish(truth: Truth): void {
    const { epoch } = truth.state;
    for (const { root, text, place } of this.#late)
      if (truth.channels.get(root)?.facts.open !== true) this.#findings.add('I11', text, place);
    for (const [channelId, channel] of truth.channels) {
      if (channel.facts.open) continue;
      const absencesOf = this.#absences(epoch, channel);
      for (const walk of this.#walks.get(`${epoch} ${channelId}`) ?? []) {
        for (const absence of absencesOf(walk.user)) this.#compare(walk, absence, channelId);
      }
      // Threads take the revs of their root, and were written to by its members.
      const written = channel.facts.root === channelId ? this.#written.get(`${epoch} ${channelId}`) : undefined;
      for (const { user, rev, place } of written ?? []) {
        const absence = absencesOf(user).find(({ left, back }) => left < rev && rev < back);
        if (absence !== undefined)
          this.#findings.add('I11', `${user} was out from rev ${absence.left} on, and wrote rev ${rev}`, place);
      }
    }
  }

  #compare(walk: Walk, { left, back }: Absence, channel: string): void {
    const first = Math.max(walk.from, left + 1);
    const last = Math.min(walk.to, back - 1);
    if (first > last) return;
    const text = `${walk.user} was out from rev ${left} on, and was given rev ${first} to ${last}`;
    this.#findings.add('I11', text, { proc: walk.proc, channel, rev: first });
  }

  /** Gives the absences of a user, each worked out once. */
  #absences(epoch: string, { facts }: TrueChannel): (user: string) => readonly Absence[] {
    const walks = [...(this.#walks.get(`${epoch} ${facts.id}`) ?? [])].sort((a, b) => a.from - b.from);
    const known = new Map<string, readonly Absence[]>();
    return (user) => {
      const absences = known.get(user) ?? this.#absencesOf(epoch, facts, user, walks);
      known.set(user, absences);
      return absences;
    };
  }

  #absencesOf(epoch: string, facts: TrueChannel['facts'], user: string, walks: readonly Walk[]): Absence[] {
    const never = Number.POSITIVE_INFINITY;
    if (facts.memberships !== undefined) {
      const stays = facts.memberships.filter((stay) => stay.user === user).sort((a, b) => a.from - b.from);
      const after = stays.flatMap((stay, index) =>
        stay.to === null ? [] : [{ left: stay.to, back: stays[index + 1]?.from ?? never }],
      );
      return [{ left: -1, back: stays[0]?.from ?? never }, ...after];
    }
    const moves = [...(this.#moves.get(`${epoch} ${facts.id} ${user}`) ?? [])].sort(([a], [b]) => a - b);
    return moves.flatMap(([left, isIn], index) => {
      if (isIn) return [];
      const back = moves.slice(index + 1).find(([, later]) => later)?.[0] ?? never;
      return [{ left, back: Math.min(back, heardFrom(left, walks) + 1) }];
    });
  }

  #noteWriting(record: AckRecord & Stamp, proc: Proc): void {
    const { channel, id, rev, tMono, outcome } = record;
    if (outcome !== 'ok') this.#unsure.add(id);
    if (channel === undefined || rev === undefined || this.#unsure.has(id)) return;
    const key = `${proc.epoch} ${channel}`;
    const written = this.#written.get(key) ?? [];
    this.#written.set(key, written);
    written.push({ user: proc.user, rev, place: { proc: proc.name, channel, id, rev, tMono } });
  }

  #noteRemoval(record: AckRecord & Stamp, proc: Proc): void {
    if (!REMOVALS.has(record.op) || record.outcome !== 'ok' || record.channel === undefined) return;
    const user = record.op === 'channel.leave' ? proc.user : record.user;
    if (user !== undefined) this.#removedAt.set(`${record.channel} ${user}`, record.tMono);
  }

  /** Whoever is back may hear again, by whatever way he learns of it. */
  #noteReturns(root: string, users: readonly string[] = []): void {
    for (const user of users) this.#removedAt.delete(`${root} ${user}`);
  }

  #noteMoves(root: string, rev: number, users: readonly string[], isIn: boolean): void {
    for (const user of users) {
      const moves = this.#moves.get(`${root} ${user}`) ?? new Map<number, boolean>();
      this.#moves.set(`${root} ${user}`, moves.set(rev, isIn));
    }
  }

  #hear(record: Stamp, proc: Proc, root: string): void {
    const removedAt = this.#removedAt.get(`${root} ${proc.user}`);
    if (removedAt === undefined || record.tMono - removedAt <= this.#removalMs) return;
    const place = { proc: proc.name, channel: root, tMono: record.tMono };
    const afterMs = Math.round(record.tMono - removedAt);
    const text = `${proc.user} heard something ${afterMs} ms after the removal was acknowledged`;
    this.#late.push({ root, text, place });
  }

  /** A process got to a rev without standing at those before it. */
  #jump(proc: Proc, root: string, rev: number): void {
    this.#current.set(`${proc.name} ${root}`, this.#addWalk(proc, root, rev));
  }

  #addWalk(proc: Proc, root: string, rev: number): Walk {
    const walk = { proc: proc.name, user: proc.user, from: rev, to: rev };
    const key = `${proc.epoch} ${root}`;
    const walks = this.#walks.get(key);
    if (walks === undefined) this.#walks.set(key, [walk]);
    else walks.push(walk);
    return walk;
  }

  #step(proc: Proc, root: string, rev: number): void {
    const walk = this.#current.get(`${proc.name} ${root}`);
    if (walk !== undefined && rev === walk.to + 1) walk.to = rev;
    else this.#jump(proc, root, rev);
  }
}

/** The rev up to which each change after `rev` was heard by somebody: a return among them would be known. `walks` rise. */
function heardFrom(rev: number, walks: readonly Walk[]): number {
  let upTo = rev;
  for (const { from, to } of walks) {
    if (from > upTo) return upTo;
    upTo = Math.max(upTo, to);
  }
  return upTo;
}
