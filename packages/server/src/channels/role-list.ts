import type { ChannelId } from '@parley/protocol';

/** Up to here a list is looked through, which takes less than a microsecond. */
const MAX_FEW = 64;

/**
 * What is known of a user in his channels. Most users are in few, and there are many users: a list takes a fifth of the memory
 * of a map.
 */
export class RoleList<Known extends { readonly channelId: ChannelId }> {
  #few: Known[] = [];
  #many: Map<ChannelId, Known> | null = null;

  get(channelId: ChannelId): Known | undefined {
    return this.#many === null ? this.#few.find((known) => known.channelId === channelId) : this.#many.get(channelId);
  }

  has(channelId: ChannelId): boolean {
    return this.get(channelId) !== undefined;
  }

  set(known: Known): void {
    const index = this.#few.findIndex(({ channelId }) => channelId === known.channelId);
    if (this.#many === null && index >= 0) this.#few[index] = known;
    else this.#add(known);
  }

  /** All at once, each of another channel; the list is no longer than it must be then. */
  setAll(list: Known[]): void {
    if (this.#many === null && this.#few.length === 0 && list.length <= MAX_FEW) this.#few = list;
    else for (const known of list) this.set(known);
  }

  /** False when nothing was known. */
  delete(channelId: ChannelId): boolean {
    if (this.#many !== null) return this.#many.delete(channelId);
    const left = this.#few.filter((known) => known.channelId !== channelId);
    const isFound = left.length < this.#few.length;
    this.#few = left;
    return isFound;
  }

  *channelIds(): IterableIterator<ChannelId> {
    if (this.#many !== null) yield* this.#many.keys();
    else for (const { channelId } of this.#few) yield channelId;
  }

  #add(known: Known): void {
    if (this.#many === null && this.#few.length < MAX_FEW) this.#few.push(known);
    else {
      this.#many ??= new Map(this.#few.map((one) => [one.channelId, one]));
      this.#few = [];
      this.#many.set(known.channelId, known);
    }
  }
}
