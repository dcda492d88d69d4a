import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { systemClock } from './clock.ts';
import { startDeadline } from './deadline.ts';

/** Keeps the event loop from turning. */
function holdUp(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('what has arrived while the loop was held up is not late', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [[Socket], unknown];
  const seen: string[] = [];
  const answered = once(near, 'data').then(() => void seen.push('answer'));
  far.write('here it is');
  const late = new Promise<void>((resolve) => {
    startDeadline(systemClock, 5, () => {
      seen.push('late');
      resolve();
    });
  });
  holdUp(20);
  await Promise.all([answered, late]);
  expect(seen).toEqual(['answer', 'late']);
  near.destroy();
  server.close();
});

test('one that is cancelled is never called', async () => {
  const clock = new FakeClock();
  let calls = 0;
  const early = startDeadline(clock, 10, () => {
    calls += 1;
  });
  early.cancel();
  startDeadline(clock, 10, () => {
    calls += 1;
  });
  await clock.advance(10);
  expect(calls).toBe(1);
});
