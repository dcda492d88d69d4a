/** Prints the heap that one idle outbox holds, socket and list of the caller not counted. Run with --expose-gc. */
import { Flusher, type Outbox, type Wire } from '../../packages/server/src/outbox/outbox.ts';

const COUNT = 200_000;
const wire: Wire = { write: () => true, writableLength: 0, destroyed: false };
const flusher = new Flusher({ onSlow: () => {} });
const outboxes: (Outbox | null)[] = Array.from({ length: COUNT }, () => null);

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

for (let i = 0; i < COUNT; i++) outboxes[i] = flusher.createOutbox(wire);
const after = heapBytes();
outboxes.fill(null);
console.log((after - heapBytes()) / COUNT);
