import type { ReceiptView, UserId } from '@parley/protocol';

/** How far the members of a channel have got, as far as they show it: two cursors each, forward only. */
export class ReceiptBook {
  readonly #byUser = new Map<UserId, ReceiptView>();
  #snapshot: readonly ReceiptView[] | null = null;

  /** Takes receipts in any order; a cursor never goes back. */
  apply(receipts: readonly ReceiptView[]): void {
    for (const receipt of receipts) {
      const known = this.#byUser.get(receipt.userId);
      const readSeq = Math.max(known?.readSeq ?? 0, receipt.readSeq);
      const deliveredSeq = Math.max(known?.deliveredSeq ?? 0, receipt.deliveredSeq, readSeq);
      if (known?.readSeq === readSeq && known.deliveredSeq === deliveredSeq) continue;
      this.#byUser.set(receipt.userId, { userId: receipt.userId, deliveredSeq, readSeq });
      this.#snapshot = null;
    }
  }

  /** Takes those of all members: whoever is not among them has left. */
  takeAll(receipts: readonly ReceiptView[]): void {
    const named = new Set(receipts.map(({ userId }) => userId));
    this.remove([...this.#byUser.keys()].filter((userId) => !named.has(userId)));
    this.apply(receipts);
  }

  remove(userIds: readonly UserId[]): void {
    for (const userId of userIds) if (this.#byUser.delete(userId)) this.#snapshot = null;
  }

  clear(): void {
    this.#byUser.clear();
    this.#snapshot = null;
  }

  /** One entry per member; the same array until it changes. */
  get receipts(): readonly ReceiptView[] {
    this.#snapshot ??= [...this.#byUser.values()];
    return this.#snapshot;
  }
}

/** How far one message has got, as ticks show it. */
export type DeliveryState = 'sent' | 'delivered' | 'read';

/** Who, of the others, has message `seq` on a device and who has read it. */
export function deliveryOf(
  receipts: readonly ReceiptView[],
  seq: number,
  senderId: UserId,
): { readonly state: DeliveryState; readonly deliveredTo: readonly UserId[]; readonly readBy: readonly UserId[] } {
  const others = receipts.filter((receipt) => receipt.userId !== senderId);
  const deliveredTo = others.filter((receipt) => receipt.deliveredSeq >= seq).map((receipt) => receipt.userId);
  const readBy = others.filter((receipt) => receipt.readSeq >= seq).map((receipt) => receipt.userId);
  const isAll = (users: readonly UserId[]) => others.length > 0 && users.length === others.length;
  return { state: isAll(readBy) ? 'read' : isAll(deliveredTo) ? 'delivered' : 'sent', deliveredTo, readBy };
}
