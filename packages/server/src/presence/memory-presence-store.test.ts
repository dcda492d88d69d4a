import { describe } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { MemoryPresenceStore, type PresenceNodes } from './memory-presence-store.ts';
import { presenceStoreContract } from './presence-store.contract.ts';

describe('the presence store in memory', () => {
  presenceStoreContract(() => {
    const clock = new FakeClock();
    const nodes: PresenceNodes = new Map();
    return Promise.resolve({
      node: (name) => new MemoryPresenceStore(name, clock, nodes),
      pass: (delayMs) => clock.advance(delayMs),
      close: () => Promise.resolve(),
    });
  });
});
