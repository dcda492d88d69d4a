import { buildWorker } from '../campaign/bundle.ts';
import { WorkerPool } from '../campaign/worker-pool.ts';
import { PLANTS, type Plant } from './plants.ts';

/** How a planted bug was looked for. */
export interface Hunt {
  readonly name: string;
  /** The first seed that found it; null: none did. */
  readonly seed: string | null;
  readonly broken: readonly string[];
  readonly ran: number;
}

export interface HuntOptions {
  /** The name of a plant, or `all`. */
  readonly name: string;
  readonly seeds: { readonly first: bigint; readonly last: bigint };
  readonly workers: number;
  onHunt(this: void, line: string): void;
}

/** Plants each bug in turn and runs seeds until one finds it. */
export async function huntAll({ name, seeds, workers, onHunt }: HuntOptions): Promise<Hunt[]> {
  const chosen = PLANTS.filter((plant) => name === 'all' || plant.name === name);
  if (chosen.length === 0)
    throw new Error(`unable to plant ${name}; the bugs are ${PLANTS.map((one) => one.name).join(', ')}`);
  const hunts: Hunt[] = [];
  for (const plant of chosen) {
    const found = await hunt(plant, seeds, workers);
    hunts.push(found);
    onHunt(describeHunt(found));
  }
  return hunts;
}

/** Runs seeds with one bug planted. The lowest seed that breaks what the bug breaks counts, whichever process is faster. */
export async function hunt(plant: Plant, seeds: HuntOptions['seeds'], workers: number): Promise<Hunt> {
  const bundle = await buildWorker(plant.patches);
  const pool = new WorkerPool(bundle.file);
  try {
    let next = seeds.first;
    let ran = 0;
    const found: { seed: bigint; broken: readonly string[] }[] = [];
    const work = async (): Promise<void> => {
      while (found.length === 0 && next <= seeds.last) {
        const seed = next++;
        const { broken } = await pool.run({ seed: String(seed) });
        ran += 1;
        if (broken.length > 0) found.push({ seed, broken });
      }
    };
    await Promise.all(Array.from({ length: workers }, work));
    const [first] = found.sort((a, b) => (a.seed < b.seed ? -1 : 1));
    return {
      name: plant.name,
      seed: first === undefined ? null : String(first.seed),
      broken: first?.broken ?? [],
      ran,
    };
  } finally {
    pool.close();
    bundle.remove();
  }
}

function describeHunt({ name, seed, broken, ran }: Hunt): string {
  const result = seed === null ? `NOT FOUND in ${ran} seeds` : `seed ${seed}`.padEnd(12);
  return `${name.padEnd(28)} ${result} ${broken.join(', ')}`;
}

/** A table for people. */
export function describeHunts(hunts: readonly Hunt[]): string {
  const found = hunts.filter((one) => one.seed !== null).length;
  const head = `${'planted bug'.padEnd(28)} ${'found by'.padEnd(12)} broken`;
  return [head, ...hunts.map(describeHunt), `${found} of ${hunts.length} found`].join('\n');
}
