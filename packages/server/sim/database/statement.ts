import type { Row } from './store.ts';
import type { View } from './transaction.ts';

/** What a statement gives back. */
export interface Result {
  readonly command: 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | 'OTHER';
  readonly rows: readonly Row[];
}

/** One SQL statement of the product, as the model runs it. */
export interface Statement {
  /** Matches its text, in which every run of white space is one blank. */
  readonly sql: RegExp;
  readonly command: Result['command'];
  run(view: View, parameters: readonly unknown[]): readonly Row[];
}

/** Declares a statement by the text that it begins with, or by a pattern where that is not enough to tell it. */
export function statement(sql: RegExp, run: Statement['run']): Statement {
  const word = /[A-Z]{6}/.exec(sql.source)?.[0] ?? 'SELECT';
  const command = word === 'INSERT' || word === 'UPDATE' || word === 'DELETE' ? word : 'SELECT';
  return { sql, command, run };
}
