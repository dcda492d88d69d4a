import type { FaultProxy, LinkFaults } from '@parley/load-test';
import { BOTH, type FaultKind, hold, holdBetween, onLinks, pickNode, type Scene } from './fault.ts';

function doorsOf({ installation }: Scene): FaultProxy[] {
  return installation.nodes.map(({ door }) => door);
}

export const NETWORK_FAULTS: readonly FaultKind[] = [
  {
    name: 'client-cut',
    row: 'D1',
    what: 'clients cut by a reset, in order, or in the middle of a frame',
    shapes: BOTH,
    weight: 3,
    async run(scene) {
      for (let round = 0; round < 3; round++) {
        const { door } = pickNode(scene);
        const how = scene.random.pick(['reset', 'end', 'frame'] as const);
        if (how === 'frame') door.set({ resetAfterBytes: scene.random.below(2_000) });
        else door.cut(how);
        await holdBetween(scene, 50, 500);
        door.heal();
      }
      scene.mark();
    },
  },
  {
    name: 'answers-lost',
    row: 'D3',
    what: 'clients are heard and hear nothing, and are then cut: what they repeat has been done',
    shapes: BOTH,
    weight: 3,
    async run(scene) {
      const { door } = pickNode(scene);
      for (let round = 0; round < 3; round++) {
        door.set({ swallow: ['down'] });
        await holdBetween(scene, 50, 400);
        door.heal();
        await holdBetween(scene, 50, 600);
      }
      scene.mark();
    },
  },
  {
    name: 'client-half-open',
    row: 'D4',
    what: 'nothing passes between clients and a node for 2 to 5 s, and nobody is told',
    shapes: BOTH,
    weight: 2,
    run: (scene) => {
      const { door } = pickNode(scene);
      const isLost = scene.random.chance(0.5);
      const faults: LinkFaults = isLost ? { swallow: ['up', 'down'] } : { stall: ['up', 'down'] };
      return onLinks(scene, [door], faults, [2_000, 5_000]);
    },
  },
  {
    name: 'slow-link',
    row: 'D6',
    what: '64 kbit/s and 0.3 to 1 s of latency between everybody and the nodes, for 3 s',
    shapes: BOTH,
    run: (scene) =>
      onLinks(scene, doorsOf(scene), { bytesPerSecond: 8_000, latencyMs: 150, jitterMs: 350 }, [3_000, 3_000]),
  },
  {
    name: 'slices',
    row: 'D7',
    what: 'every byte comes by itself, for 2 s',
    shapes: BOTH,
    run: (scene) => onLinks(scene, doorsOf(scene), { sliceBytes: 1 }, [2_000, 2_000]),
  },
  {
    name: 'flapping',
    row: 'D8',
    what: 'all links up and down each 200 to 600 ms, eight times',
    shapes: BOTH,
    weight: 2,
    async run(scene) {
      for (let round = 0; round < 8; round++) {
        for (const door of doorsOf(scene)) {
          door.cut();
          door.set({ refuse: true });
        }
        await holdBetween(scene, 100, 300);
        for (const door of doorsOf(scene)) door.heal();
        await holdBetween(scene, 100, 300);
      }
      scene.mark();
    },
  },
  {
    name: 'proxy-restart',
    row: 'D12',
    what: 'everybody is dropped in one moment',
    shapes: BOTH,
    async run(scene) {
      for (const door of doorsOf(scene)) door.cut();
      scene.mark();
      await hold(50);
    },
  },
  {
    name: 'client-garbled',
    row: 'D7',
    what: 'bytes that are no frame on every socket',
    shapes: BOTH,
    async run(scene) {
      for (const door of doorsOf(scene)) door.garble();
      await hold(100);
      scene.mark();
    },
  },
  {
    name: 'client-flaps',
    row: 'E4',
    what: 'applications that are started anew each 100 to 300 ms, and move between nodes in the middle of catching up',
    shapes: BOTH,
    async run(scene) {
      scene.mark();
      for (let round = 0; round < 8; round++) {
        pickNode(scene).door.cut();
        await holdBetween(scene, 100, 300);
      }
      scene.mark();
    },
  },
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
