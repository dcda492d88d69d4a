import type { FaultProxy, LinkFaults, LoggedClient, Random } from '@parley/load-test';
import type { FaultyNode, Installation, Shape } from './installation.ts';

/** One row of the catalogue that can be done to real processes. */
export interface FaultKind {
  /** As `--only` takes it. */
  readonly name: string;
  /** The row of the catalogue in docs/reliability.md. */
  readonly row: string;
  /** What is done, in a few words. */
  readonly what: string;
  readonly shapes: readonly Shape[];
  /** How much oftener than others it is drawn; 1 unless given. */
  readonly weight?: number;
  /** Why sends may be refused meanwhile, by code; the usual ones unless given. */
  readonly mayRefuse?: readonly string[];
  run(scene: Scene): Promise<void>;
}

/** What a fault is given. */
export interface Scene {
  readonly installation: Installation;
  /** Draws the target and the times. */
  readonly random: Random;
  readonly devices: readonly LoggedClient[];
  /** From now on clients ought to recover: the fault is over, or others can take over. */
  mark(): void;
}

export const BOTH: readonly Shape[] = ['single', 'cluster'];
export const CLUSTER: readonly Shape[] = ['cluster'];

/** Codes that tell a person to try again later: nothing was stored, or it is not known. */
export const PATIENCE: readonly string[] = ['busy', 'expired', 'unavailable', 'internal', 'rate_limited'];

export function hold(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** Holds for a time that the seed draws. */
export function holdBetween({ random }: Scene, minMs: number, maxMs: number): Promise<void> {
  return hold(random.between(minMs, maxMs));
}

export function pickNode({ installation, random }: Scene): FaultyNode {
  return random.pick(installation.nodes);
}

/** Starts a node again and lets a balancer know. */
export async function bringUp(node: FaultyNode): Promise<void> {
  await node.process.start();
  node.isUp = true;
}

/** Makes links faulty, holds for a time that the seed draws, and heals them. */
export async function onLinks(
  scene: Scene,
  links: readonly (FaultProxy | null)[],
  faults: LinkFaults,
  [minMs, maxMs]: readonly [number, number],
): Promise<void> {
  for (const link of links) link?.set(faults);
  await holdBetween(scene, minMs, maxMs);
  for (const link of links) link?.heal();
  scene.mark();
}
