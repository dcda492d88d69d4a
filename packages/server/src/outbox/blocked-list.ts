import type { Loop } from './loop.ts';

/** How often blocked sockets are looked at: it needs no listener, no closure and no field per socket. */
const POLL_MS = 20;

/** Those who wait for their socket to drain, looked at a few times per blink of an eye while there are any. */
export class BlockedList<T> {
  readonly #loop: Loop;
  readonly #staysBlocked: (item: T, stalledMs: number) => boolean;
  readonly #afterSweep: () => void;
  #items: { readonly item: T; readonly sinceMs: number }[] = [];
  #polling = false;

  /** `staysBlocked` is asked at each sweep for each item; `afterSweep` follows each sweep that a timer began. */
  constructor(loop: Loop, staysBlocked: (item: T, stalledMs: number) => boolean, afterSweep: () => void) {
    this.#loop = loop;
    this.#staysBlocked = staysBlocked;
    this.#afterSweep = afterSweep;
  }

  /** How many are blocked. */
  get size(): number {
    return this.#items.length;
  }

  *items(): Generator<T> {
    for (const { item } of this.#items) yield item;
  }

  /** Adds an item, whose stall begins now. The caller sees to it that it is in the list once. */
  add(item: T): void {
    this.#items.push({ item, sinceMs: this.#loop.nowMs() });
    this.#pollLater();
  }

  /** Asks for each item whether it stays. */
  sweep(): void {
    if (this.#items.length === 0) return;
    const nowMs = this.#loop.nowMs();
    this.#items = this.#items.filter(({ item, sinceMs }) => this.#staysBlocked(item, nowMs - sinceMs));
  }

  #pollLater(): void {
    if (this.#polling || this.#items.length === 0) return;
    this.#polling = true;
    this.#loop.later(POLL_MS, this.#poll, true);
  }

  readonly #poll = (): void => {
    this.#polling = false;
    this.sweep();
    this.#pollLater();
    this.#afterSweep();
  };
}
