// One process of a load test. It does what its parent tells it over the channel between them, and ends with it.
import type { FromWorker, ToWorker } from './messages.ts';
import { Worker } from './worker.ts';

const tell = (message: FromWorker): void => void process.send?.(message);
let worker: Worker | null = null;

process.on('message', (message: ToWorker) => {
  if (message.type === 'plan') {
    worker = new Worker(message.plan, tell);
    tell({ type: 'ready' });
  } else worker?.take(message);
});
process.on('disconnect', () => process.exit());
// The parent decides when it is over: a Ctrl-C reaches the whole group.
process.on('SIGINT', () => {});
