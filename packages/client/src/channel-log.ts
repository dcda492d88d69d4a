/** Most events held while an earlier one is missing; beyond it they are dropped, and the repair brings them. */
const MAX_HELD = 500;

/** Anything that takes a place in a channel's order of changes. */
interface Revved {
  readonly rev: number;
}

/**
 * How far one root channel has been followed. Changes are numbered 1, 2, 3 … without a hole, so a number says all: the next one
 * applies, an old one is a repeat, a later one means that something is missing and is held until that has come.
 */
export class ChannelLog<Event extends Revved> {
  #rev: number;
  /** The highest rev known to exist. */
  #top: number;
  readonly #held = new Map<number, Event>();

  constructor(rev: number) {
    this.#rev = rev;
    this.#top = rev;
  }

  /** The last change that was applied; all before it were too. */
  get rev(): number {
    return this.#rev;
  }

  /** True when a change is known to exist that has not been applied. */
  get hasGap(): boolean {
    return this.#top > this.#rev;
  }

  /** Takes one event, in whatever order they come, and returns those to apply now, in order, each once. */
  offer(event: Event): Event[] {
    this.noteTop(event.rev);
    if (event.rev <= this.#rev) return [];
    if (event.rev === this.#rev + 1) {
      this.#rev = event.rev;
      return [event, ...this.#due()];
    }
    if (this.#held.size >= MAX_HELD) this.#held.clear();
    this.#held.set(event.rev, event);
    return [];
  }

  /** Learns that a change exists: from an answer, or from the tops that a pong tells. */
  noteTop(rev: number): void {
    if (rev > this.#top) this.#top = rev;
  }

  /** Everything up to `rev` has been applied by other means; returns what was held and is due after it. */
  advance(rev: number): Event[] {
    this.noteTop(rev);
    if (rev > this.#rev) this.#rev = rev;
    for (const heldRev of this.#held.keys()) if (heldRev <= this.#rev) this.#held.delete(heldRev);
    return this.#due();
  }

  #due(): Event[] {
    const due: Event[] = [];
    for (;;) {
      const next = this.#held.get(this.#rev + 1);
      if (next === undefined) return due;
      this.#held.delete(next.rev);
      this.#rev = next.rev;
      due.push(next);
    }
  }
}
