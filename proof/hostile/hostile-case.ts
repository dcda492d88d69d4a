import type { Target } from './target.ts';

/** One thing done to a server that no good client does. */
export interface HostileCase {
  readonly name: string;
  /** How many inputs it sends; 1 unless given. */
  readonly inputs?: number;
  /** Does it, and throws when the answer is not one that is documented. What it leaves behind is looked at by others. */
  readonly run: (target: Target) => Promise<void>;
}

/** Cases of one kind, as the catalogue names it. */
export interface HostileCategory {
  /** The letter of the catalogue in docs/reliability.md. */
  readonly letter: string;
  readonly title: string;
  readonly cases: (target: Target) => readonly HostileCase[];
}

/** Throws unless the answer is one of these. */
export function demand(answer: string, expected: RegExp): void {
  if (!expected.test(answer)) throw new Error(`answered with ${answer}; expected ${expected.source}`);
}
