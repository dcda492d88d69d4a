import { LINK_KINDS } from '@parley/load-test';
import { BOTH, type FaultKind, holdBetween } from './fault.ts';

const WEIGHTS: Readonly<Record<string, number>> = {
  'client-cut': 3,
  'answers-lost': 3,
  'client-half-open': 2,
  flapping: 2,
};

/** The faults of the way between clients and nodes, which `parley verify --faults` has too, and one of the clients themselves. */
export const NETWORK_FAULTS: readonly FaultKind[] = [
  ...LINK_KINDS.map(
    (kind): FaultKind => ({
      ...kind,
      shapes: BOTH,
      weight: WEIGHTS[kind.name] ?? 1,
      run: (scene) =>
        kind.run({
          doors: scene.installation.nodes.map(({ door }) => door),
          random: scene.random,
          mark: () => scene.mark(),
        }),
    }),
  ),
  {
    name: 'client-clock',
    row: 'E12',
    what: 'clocks of devices jump by up to a day, twice',
    shapes: BOTH,
    async run(scene) {
      for (let round = 0; round < 2; round++) {
        for (const device of scene.devices) if (scene.random.chance(0.5)) device.shiftClock();
        await holdBetween(scene, 200, 600);
      }
      scene.mark();
    },
  },
];
