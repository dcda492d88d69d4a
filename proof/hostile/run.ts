import { Random } from '@parley/load-test';
import { ACCESS, RACES, SLOW_PATTERNS } from './access.ts';
import { CURSORS, FRAMES_CATEGORY } from './frames.ts';
import { FRAMING } from './framing.ts';
import { generatedRequests, mutatedFrames } from './generators.ts';
import { HANDSHAKE, RESOURCES } from './handshake.ts';
import type { HostileCase } from './hostile-case.ts';
import { HTTP, JSON_BODIES, MARKUP_CATEGORY, PAGING, TEXT, TOKENS, UPLOADS } from './rest.ts';
import { Talkers } from './talkers.ts';
import { Target } from './target.ts';

/** Processor time of the event loop's thread for one input: one that takes longer stops everybody else. */
const MAX_BUSY_MS = 50;
/** Memory above that before the first case that may be held when all is over: what the engine has not given back yet. */
const MAX_GROWTH_BYTES = 160 * 1_048_576;
/** A case that takes longer waits for something that never comes; the longest opens forty sockets. */
const MAX_CASE_MS = 120_000;

export interface HostileOptions {
  /** Generated requests per operation, and mutated frames in all. */
  readonly requests: number;
  readonly frames: number;
  readonly seed: bigint;
  /** One case in so many, for a short run; 1 is all. */
  readonly every: number;
  /** Only categories with one of these letters; all without it. */
  readonly only?: readonly string[] | undefined;
  log(line: string): void;
}

export interface CategoryResult {
  readonly letter: string;
  readonly title: string;
  readonly cases: number;
  readonly inputs: number;
  readonly failed: readonly string[];
  /** Most processor time that the event loop's thread used while one input was served, what the two people said included. */
  readonly busiestMs: number;
  /** The case that used it; empty where none used any. */
  readonly busiest: string;
  /** Memory that the process held after it. */
  readonly heldBytes: number;
}

export interface HostileReport {
  readonly cases: { readonly tried: number; readonly failed: number };
  readonly inputs: number;
  readonly categories: readonly CategoryResult[];
  /** What the two who talked all the while noticed, faults that the server wrote down, and memory that did not come back. */
  readonly troubles: readonly string[];
  readonly said: number;
  readonly memory: { readonly beforeBytes: number; readonly afterBytes: number };
  readonly busiestMs: number;
}

/** Does everything hostile to a server of its own, while two people talk. */
export async function runHostile(options: HostileOptions): Promise<HostileReport> {
  const target = await Target.start();
  try {
    const talkers = await Talkers.start(target);
    await target.demandAlive();
    const beforeBytes = target.residentBytes;
    const categories: CategoryResult[] = [];
    for (const { letter, title, cases } of await everything(target, options)) {
      if (options.only?.includes(letter) === false) continue;
      const chosen = cases.filter((_, index) => index % options.every === 0);
      const result = await runCategory(target, letter, title, chosen);
      categories.push(result);
      options.log(formatCategory(result));
    }
    const troubles = await talkers.finish();
    const afterBytes = await memoryAtRest(target, beforeBytes);
    if (afterBytes > beforeBytes + MAX_GROWTH_BYTES)
      troubles.push(`memory grew from ${mib(beforeBytes)} to ${mib(afterBytes)}`);
    troubles.push(...target.faults.map((line) => `a fault of the server: ${line.slice(0, 500)}`));
    const sum = (pick: (result: CategoryResult) => number) => categories.reduce((total, one) => total + pick(one), 0);
    return {
      cases: { tried: sum(({ cases }) => cases), failed: sum(({ failed }) => failed.length) + troubles.length },
      inputs: sum(({ inputs }) => inputs),
      categories,
      troubles,
      said: talkers.said,
      memory: { beforeBytes, afterBytes },
      busiestMs: Math.max(...categories.map(({ busiestMs }) => busiestMs)),
    };
  } finally {
    await target.stop();
  }
}

type Chosen = { readonly letter: string; readonly title: string; readonly cases: readonly HostileCase[] };

async function everything(target: Target, { requests, frames, seed }: HostileOptions): Promise<Chosen[]> {
  const fixed = [
    FRAMING,
    HANDSHAKE,
    RESOURCES,
    FRAMES_CATEGORY,
    CURSORS,
    JSON_BODIES,
    TEXT,
    PAGING,
    TOKENS,
    UPLOADS,
    MARKUP_CATEGORY,
    HTTP,
    ACCESS,
    RACES,
    SLOW_PATTERNS,
  ];
  const random = new Random(seed);
  return [
    ...fixed.map(({ letter, title, cases }) => ({ letter, title, cases: cases(target) })),
    {
      letter: 'G',
      title: 'generated requests',
      cases: await generatedRequests(target, requests, Number(seed % 2n ** 31n)),
    },
    { letter: 'G', title: 'mutated frames', cases: mutatedFrames(target, frames, random) },
  ];
}

async function runCategory(
  target: Target,
  letter: string,
  title: string,
  cases: readonly HostileCase[],
): Promise<CategoryResult> {
  const failed: string[] = [];
  let [busiestMs, busiest] = [0, ''];
  // One after the other, so that what each costs can be told.
  for (const { name, inputs = 1, run } of cases) {
    const before = target.busyMs;
    const fail = (error: unknown) =>
      failed.push(`${letter} ${name}: ${error instanceof Error ? error.message : String(error)}`);
    await inTime(run(target)).catch(fail);
    const usedMs = target.busyMs - before;
    if (inputs === 1 && usedMs > busiestMs) [busiestMs, busiest] = [usedMs, name];
    await target.demandAlive().catch(fail);
  }
  const inputs = cases.reduce((sum, one) => sum + (one.inputs ?? 1), 0);
  const used = { busiestMs: Math.round(busiestMs), busiest, heldBytes: target.residentBytes };
  return { letter, title, cases: cases.length, inputs, failed, ...used };
}

/** Fails what is not over in time. */
async function inTime(running: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('not over in time')), MAX_CASE_MS);
  });
  await Promise.race([running, late]).finally(() => clearTimeout(timer));
}

/** The engine gives memory back when it likes: it is asked for by small talk until it is low, or does not fall any more. */
async function memoryAtRest(target: Target, beforeBytes: number): Promise<number> {
  let bytes = target.residentBytes;
  for (let round = 0; round < 20 && bytes > beforeBytes + MAX_GROWTH_BYTES; round++) {
    await target.demandAlive();
    await new Promise((resolve) => void setTimeout(resolve, 250));
    bytes = Math.min(bytes, target.residentBytes);
  }
  return bytes;
}

function mib(bytes: number): string {
  return `${Math.round(bytes / 1_048_576)} MiB`;
}

function formatCategory(result: CategoryResult): string {
  const { letter, title, cases, inputs, failed, busiestMs, busiest, heldBytes } = result;
  const counts = `${String(cases).padStart(6)} cases ${String(inputs).padStart(8)} inputs ${String(failed.length).padStart(4)} failed`;
  const used = busiest === '' ? '' : `, busiest ${busiestMs} ms (${busiest.slice(0, 40)})`;
  return [`${letter.padEnd(3)} ${title.padEnd(48)}${counts}   ${mib(heldBytes)} held${used}`, ...failed].join('\n  ');
}

/** The end of a run, for people. */
export function formatHostile({ cases, inputs, categories, troubles, said, memory, busiestMs }: HostileReport): string {
  const lines = categories.flatMap(({ failed }) => failed.map((text) => `FAILED  ${text}`));
  for (const trouble of troubles) lines.push(`FAILED  ${trouble}`);
  const isSlow = busiestMs > MAX_BUSY_MS ? ` (the goal is ${MAX_BUSY_MS} ms)` : '';
  lines.push(
    `${cases.tried} cases, ${inputs} inputs: ${cases.failed} failed; two people said ${said} messages meanwhile`,
    `memory ${mib(memory.beforeBytes)} before, ${mib(memory.afterBytes)} after; most processor time around one input ${busiestMs} ms${isSlow}`,
  );
  return lines.join('\n');
}
