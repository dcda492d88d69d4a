import type { Subscriber } from '../hub/subscriber.ts';

/** Makes later sends of the socket wait until this has settled, however it settles. */
export function inTurn<Value>(subscriber: Subscriber | null, preparation: Promise<Value>): Promise<Value> {
  if (subscriber === null) return preparation;
  const tail = preparation
    .then(
      () => {},
      () => {},
    )
    .then(() => {
      if (subscriber.sendTail === tail) subscriber.sendTail = null;
    });
  subscriber.sendTail = tail;
  return preparation;
}
