import { describeBus } from './bus.contract.ts';
import { MemoryBus } from './memory-bus.ts';

describeBus('memory', () => Promise.resolve(new MemoryBus()));
