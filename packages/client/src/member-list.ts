import type { MemberView, UserId } from '@parley/protocol';

interface Known {
  /** Null for one who has left. */
  readonly member: MemberView | null;
  /** The channel's rev at which this was true. */
  readonly rev: number;
}

/** Members of one channel as far as they are known: pages and events in any order, the newer rev holds for each user. */
export class MemberList {
  readonly #known = new Map<UserId, Known>();
  #isComplete = false;
  #nextCursor: string | null = null;
  #isInvalid = false;
  #snapshot: readonly MemberView[] | null = null;

  /** True when every member is here. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** Where the next page begins; null when there is none, or none was loaded. */
  get nextCursor(): string | null {
    return this.#nextCursor;
  }

  /** Takes one page of `member.list`. */
  takePage(members: readonly MemberView[], rev: number, nextCursor: string | null): void {
    if (this.#isInvalid) this.#forgetUntil(rev);
    this.#isInvalid = false;
    for (const member of members) this.#learn(member.userId, member, rev);
    this.#nextCursor = nextCursor;
    this.#isComplete = nextCursor === null;
  }

  /** Takes who joined (or has another role) and who left, as they were at `rev`. */
  apply(joined: readonly MemberView[], left: readonly UserId[], rev: number): void {
    for (const member of joined) this.#learn(member.userId, member, rev);
    for (const userId of left) this.#learn(userId, null, rev);
  }

  /** What is known may be out of date; it is shown until it is loaded again. */
  invalidate(): void {
    this.#isInvalid = true;
    this.#isComplete = false;
    this.#nextCursor = null;
  }

  clear(): void {
    this.#known.clear();
    this.#snapshot = null;
    this.invalidate();
  }

  /** Those who are in the channel, in the order they were learned; the same array until it changes. */
  get members(): readonly MemberView[] {
    this.#snapshot ??= [...this.#known.values()].flatMap(({ member }) => member ?? []);
    return this.#snapshot;
  }

  /** Who left unseen would stay for ever; the pages tell all who were there at `rev`. */
  #forgetUntil(rev: number): void {
    for (const [userId, known] of this.#known) if (known.rev <= rev) this.#known.delete(userId);
    this.#snapshot = null;
  }

  #learn(userId: UserId, member: MemberView | null, rev: number): void {
    const known = this.#known.get(userId);
    if (known !== undefined && known.rev > rev) return;
    this.#known.set(userId, { member, rev });
    this.#snapshot = null;
  }
}
