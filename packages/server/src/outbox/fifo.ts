const COMPACT_AT = 1024;

/** First in, first out, in constant time per item. */
export class Fifo<T extends object> {
  #items: T[] = [];
  #head = 0;

  /** How many items wait. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Adds an item at the end. */
  add(item: T): void {
    this.#items.push(item);
  }

  /** Removes up to `count` items from the front and gives each to `visit`. */
  take(count: number, visit: (item: T) => void): void {
    const end = Math.min(this.#head + count, this.#items.length);
    while (this.#head < end) {
      const item = this.#items[this.#head++];
      if (item !== undefined) visit(item);
    }
    this.#compact();
  }

  /** Removes up to `count` items from the end and returns them in their order. */
  takeLast(count: number): T[] {
    return this.#items.splice(Math.max(this.#head, this.#items.length - count));
  }

  /** Keeps the array from growing when the list is never empty: each item is moved once on average. */
  #compact(): void {
    if (this.#head === this.#items.length) {
      this.#items = [];
      this.#head = 0;
    } else if (this.#head >= COMPACT_AT && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }
}
