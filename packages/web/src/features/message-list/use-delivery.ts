import { type ChatMessage, type DeliveryState, deliveryOf } from '@parley/client';
import type { ReceiptView, UserId } from '@parley/protocol';
import { useMemo } from 'react';

export type Delivery = DeliveryState | ChatMessage['status'];

/** Gives how far each of the user's own messages has got: the state that all others have reached. */
export function useDelivery(
  receipts: readonly ReceiptView[],
  userId: UserId | null,
): (message: ChatMessage) => Delivery | null {
  return useMemo(() => {
    const states = new Map<number, DeliveryState>();
    return (message) => {
      if (message.senderId !== userId || message.deletedAt !== undefined) return null;
      if (message.status !== 'sent' || message.seq === 0) return message.status;
      let state = states.get(message.seq);
      if (state === undefined) {
        state = deliveryOf(receipts, message.seq, message.senderId).state;
        states.set(message.seq, state);
      }
      return state;
    };
  }, [receipts, userId]);
}
