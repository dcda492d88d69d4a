import { FakeClock } from '../testing/fake-clock.ts';
import { MemoryQueue } from './memory-queue.ts';
import { describeQueue } from './message-queue.contract.ts';

describeQueue('memory', (config) => {
  const clock = new FakeClock();
  const queue = new MemoryQueue({ config, clock, lanes: 2 });
  return Promise.resolve({
    queue,
    advance: (byMs: number) => clock.advance(byMs),
    now: () => clock.now(),
    close: () => Promise.resolve(),
  });
});
