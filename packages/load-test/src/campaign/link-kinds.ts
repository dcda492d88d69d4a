import type { FaultProxy } from '../proxy/fault-proxy.ts';
import type { LinkFaults } from '../proxy/link-faults.ts';
import type { Random } from '../random.ts';

/** The ways by which clients come to one or several nodes. */
export interface LinkScene {
  readonly doors: readonly FaultProxy[];
  /** Draws which door, and the times. */
  readonly random: Random;
  /** From now on clients ought to recover. */
  mark(): void;
}

/** One fault of the way between clients and servers; needs nothing of the server but its address. */
export interface LinkKind {
  readonly name: string;
  /** The row of the catalogue in docs/reliability.md. */
  readonly row: string;
  readonly what: string;
  run(scene: LinkScene): Promise<void>;
}

function hold({ random }: LinkScene, minMs: number, maxMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, random.between(minMs, maxMs)));
}

async function onDoors(
  scene: LinkScene,
  doors: readonly FaultProxy[],
  faults: LinkFaults,
  [minMs, maxMs]: readonly [number, number],
): Promise<void> {
  for (const door of doors) door.set(faults);
  await hold(scene, minMs, maxMs);
  for (const door of doors) door.heal();
  scene.mark();
}

/** Everything that can be done to the links of clients. */
export const LINK_KINDS: readonly LinkKind[] = [
  {
    name: 'client-cut',
    row: 'D1',
    what: 'clients cut by a reset, in order, or in the middle of a frame',
    async run(scene) {
      for (let round = 0; round < 3; round++) {
        const door = scene.random.pick(scene.doors);
        const how = scene.random.pick(['reset', 'end', 'frame'] as const);
        if (how === 'frame') door.set({ resetAfterBytes: scene.random.below(2_000) });
        else door.cut(how);
        await hold(scene, 50, 500);
        door.heal();
      }
      scene.mark();
    },
  },
  {
    name: 'answers-lost',
    row: 'D3',
    what: 'clients are heard and hear nothing, and are then cut: what they repeat has been done',
    async run(scene) {
      const door = scene.random.pick(scene.doors);
      for (let round = 0; round < 3; round++) {
        door.set({ swallow: ['down'] });
        await hold(scene, 50, 400);
        door.heal();
        await hold(scene, 50, 600);
      }
      scene.mark();
    },
  },
  {
    name: 'client-half-open',
    row: 'D4',
    what: 'nothing passes between clients and a node for 2 to 5 s, and nobody is told',
    run: (scene) => {
      const door = scene.random.pick(scene.doors);
      const isLost = scene.random.chance(0.5);
      const faults: LinkFaults = isLost ? { swallow: ['up', 'down'] } : { stall: ['up', 'down'] };
      return onDoors(scene, [door], faults, [2_000, 5_000]);
    },
  },
  {
    name: 'slow-link',
    row: 'D6',
    what: '64 kbit/s and 0.3 to 1 s of latency between everybody and the nodes, for 3 s',
    run: (scene) =>
      onDoors(scene, scene.doors, { bytesPerSecond: 8_000, latencyMs: 150, jitterMs: 350 }, [3_000, 3_000]),
  },
  {
    name: 'slices',
    row: 'D7',
    what: 'every byte comes by itself, for 2 s',
    run: (scene) => onDoors(scene, scene.doors, { sliceBytes: 1 }, [2_000, 2_000]),
  },
  {
    name: 'flapping',
    row: 'D8',
    what: 'all links up and down each 200 to 600 ms, eight times',
    async run(scene) {
      for (let round = 0; round < 8; round++) {
        for (const door of scene.doors) {
          door.cut();
          door.set({ refuse: true });
        }
        await hold(scene, 100, 300);
        for (const door of scene.doors) door.heal();
        await hold(scene, 100, 300);
      }
      scene.mark();
    },
  },
  {
    name: 'proxy-restart',
    row: 'D12',
    what: 'everybody is dropped in one moment',
    run: (scene) => {
      for (const door of scene.doors) door.cut();
      scene.mark();
      return Promise.resolve();
    },
  },
  {
    name: 'client-garbled',
    row: 'D7',
    what: 'bytes that are no frame on every socket',
    async run(scene) {
      for (const door of scene.doors) door.garble();
      await hold(scene, 100, 100);
      scene.mark();
    },
  },
  {
    name: 'client-flaps',
    row: 'E4',
    what: 'clients cut again each 100 to 300 ms, in the middle of catching up',
    async run(scene) {
      for (let round = 0; round < 8; round++) {
        scene.random.pick(scene.doors).cut();
        await hold(scene, 100, 300);
      }
      scene.mark();
    },
  },
];
