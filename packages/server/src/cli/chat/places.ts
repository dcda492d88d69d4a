/** Lines whose order is known; what is older has long left the screen. */
const MAX_KNOWN = 200;

interface Place {
  readonly id: string;
  /** 0 while the message waits to be sent. */
  seq: number;
}

/** The order in which the messages of one channel stand on the screen. */
export class Places {
  #places: Place[] = [];

  /** A message was printed below all others. */
  add(id: string, seq: number): void {
    this.#places.push({ id, seq });
    if (this.#places.length > MAX_KNOWN) this.#places = this.#places.slice(-MAX_KNOWN);
  }

  /**
   * A message that waited has its place in the channel now. Undefined where it stands in it already; else the message that it
   * belongs before, or null for below all others: what was written while there was no connection is overtaken.
   */
  settle(id: string, seq: number): string | null | undefined {
    const at = this.#places.findIndex((place) => place.id === id);
    const place = this.#places[at];
    if (place === undefined) return undefined;
    place.seq = seq;
    const later = this.#places.slice(at + 1);
    if (!later.some((other) => other.seq > 0 && other.seq < seq)) return undefined;
    const next = later.find((other) => other.seq > seq);
    this.#places.splice(at, 1);
    this.#places.splice(next === undefined ? this.#places.length : this.#places.indexOf(next), 0, place);
    return next?.id ?? null;
  }

  clear(): void {
    this.#places = [];
  }
}
