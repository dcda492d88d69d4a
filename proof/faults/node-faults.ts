import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { BOTH, bringUp, CLUSTER, type FaultKind, hold, holdBetween, pickNode, type Scene } from './fault.ts';
import type { FaultyNode } from './installation.ts';

async function kill(node: FaultyNode): Promise<void> {
  node.isUp = false;
  await node.process.kill();
}

async function drain(node: FaultyNode): Promise<void> {
  node.isUp = false;
  await node.process.stop();
}

/** Where others can take over, people ought to be back while it is still down. */
async function downFor(scene: Scene, node: FaultyNode, maxMs: number): Promise<void> {
  const isAlone = scene.installation.nodes.length === 1;
  if (!isAlone) scene.mark();
  await holdBetween(scene, 0, maxMs);
  await bringUp(node);
  if (isAlone) scene.mark();
}

/** Stops a node in its tracks: its connections stay, and nobody is told. */
async function freeze(node: FaultyNode, ms: number): Promise<void> {
  node.process.signal('SIGSTOP');
  await hold(ms);
  node.process.signal('SIGCONT');
}

export const NODE_FAULTS: readonly FaultKind[] = [
  {
    name: 'node-kill',
    row: 'A1',
    what: 'kill -9 of a node, started again after up to 1 s',
    shapes: BOTH,
    weight: 3,
    async run(scene) {
      const node = pickNode(scene);
      await kill(node);
      await downFor(scene, node, 1_000);
    },
  },
  {
    name: 'nodes-kill-all',
    row: 'A2',
    what: 'kill -9 of all nodes at once',
    shapes: CLUSTER,
    async run(scene) {
      const { nodes } = scene.installation;
      await Promise.all(nodes.map(kill));
      await holdBetween(scene, 0, 500);
      await Promise.all(nodes.map(bringUp));
      scene.mark();
    },
  },
  {
    name: 'node-crash-loop',
    row: 'A9',
    what: 'a node that dies again as soon as it is up, three times',
    shapes: BOTH,
    async run(scene) {
      const node = pickNode(scene);
      for (let round = 0; round < 3; round++) {
        await kill(node);
        await bringUp(node);
        await holdBetween(scene, 0, 200);
      }
      scene.mark();
    },
  },
  {
    name: 'node-drain',
    row: 'A4',
    what: 'SIGTERM of a node, which lets its clients move; nothing may be refused',
    shapes: BOTH,
    mayRefuse: [],
    async run(scene) {
      const node = pickNode(scene);
      const isAlone = scene.installation.nodes.length === 1;
      if (!isAlone) scene.mark();
      await drain(node);
      await bringUp(node);
      if (isAlone) scene.mark();
    },
  },
  {
    name: 'rolling-restart',
    row: 'F1',
    what: 'SIGTERM and start of each node in turn; nothing may be refused',
    shapes: CLUSTER,
    mayRefuse: [],
    async run(scene) {
      for (const node of scene.installation.nodes) {
        await drain(node);
        await bringUp(node);
      }
      scene.mark();
    },
  },
  {
    name: 'node-stop',
    row: 'A5',
    what: 'SIGSTOP of a node for 2 to 6 s, then SIGCONT',
    shapes: BOTH,
    weight: 2,
    async run(scene) {
      const node = pickNode(scene);
      await freeze(node, scene.random.between(2_000, 6_000));
      scene.mark();
    },
  },
  {
    name: 'node-hiccup',
    row: 'A6',
    what: 'a node whose event loop stands still for 0.1 to 1 s, five times',
    shapes: BOTH,
    async run(scene) {
      const node = pickNode(scene);
      for (let round = 0; round < 5; round++) {
        await freeze(node, scene.random.between(100, 1_000));
        await holdBetween(scene, 20, 200);
      }
      scene.mark();
    },
  },
  {
    name: 'node-starved',
    row: 'A10',
    what: 'a node that gets a tenth of the processor for 3 s',
    shapes: BOTH,
    async run(scene) {
      const node = pickNode(scene);
      const endAt = performance.now() + 3_000;
      while (performance.now() < endAt) {
        await freeze(node, 90);
        await hold(10);
      }
      scene.mark();
    },
  },
  {
    name: 'node-memory',
    row: 'A7',
    what: 'a node that is given no more memory while clients come, and dies of it or is killed after up to 2 s',
    shapes: BOTH,
    async run(scene) {
      const node = pickNode(scene);
      const pid = node.process.pid();
      if (pid === undefined) return;
      const size = /^VmSize:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
      execFileSync('prlimit', ['--pid', `${pid}`, `--as=${Number(size) * 1_024}:`]);
      node.door.cut();
      await Promise.race([node.process.ended(), holdBetween(scene, 500, 2_000)]);
      await kill(node);
      await downFor(scene, node, 1_000);
    },
  },
  {
    name: 'node-descriptors',
    row: 'A8',
    what: 'a node with no file descriptor left for 1 to 2 s, while clients come',
    shapes: BOTH,
    async run(scene) {
      const node = pickNode(scene);
      const pid = node.process.pid();
      if (pid === undefined) return;
      const inUse = readdirSync(`/proc/${pid}/fd`).length;
      execFileSync('prlimit', ['--pid', `${pid}`, `--nofile=${inUse}:`]);
      scene.installation.nodes.find((other) => other === node)?.door.cut();
      await holdBetween(scene, 1_000, 2_000);
      execFileSync('prlimit', ['--pid', `${pid}`, '--nofile=4096:']);
      scene.mark();
    },
  },
];
