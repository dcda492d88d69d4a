import type { FlagRule, FlagView, UserId } from '@parley/protocol';
import { record } from '../audit/audit.ts';
import { AppError } from '../lib/app-error.ts';
import { type Database, query } from '../storage/postgres.ts';
import { type DeclaredFlag, FLAG_NAMES, FLAGS, type FlagName, isFlagName } from './declared.ts';
import type { FlagState } from './evaluate.ts';
import { type FlagRow, lockFlag, readFlags, writeFlag } from './flag-store.ts';

/** Who orders a change: an operator, or whoever is at the command line. */
export interface FlagOrderer {
  readonly userId: UserId | null;
  readonly address: string | null;
}

/** Named so, nodes are told that flags have changed; by way of the database, at the commit. */
export const FLAGS_TOPIC = 'flags';

/** Tells every node within the transaction: they hear it when it is committed, with Redis and without. */
const TELL = `SELECT pg_notify('parley_notice', $1)`;

/** How operators change flags. Whether somebody is one is decided before. */
export class FlagControl {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** All flags, as declared and as they are now. */
  async list(): Promise<FlagView[]> {
    const rows = new Map((await readFlags(this.#db)).map((row) => [row.key, row]));
    return FLAG_NAMES.map((name) => viewOf(name, rows.get(name)));
  }

  /** Replaces the rules of a flag. */
  set(by: FlagOrderer, key: string, rules: readonly FlagRule[]): Promise<FlagView> {
    const name = nameOf(key);
    demandTypes(name, rules);
    return this.#change(by, name, 'flag.set', { rules: JSON.stringify(rules) }, (state) => ({ ...state, rules }));
  }

  /** Switches a flag off for everybody, or gives its rules back. */
  kill(by: FlagOrderer, key: string, on: boolean): Promise<FlagView> {
    const action = on ? 'flag.killed' : 'flag.revived';
    return this.#change(by, nameOf(key), action, {}, (state) => ({ ...state, killed: on }));
  }

  #change(
    by: FlagOrderer,
    name: FlagName,
    action: string,
    details: Record<string, string>,
    change: (state: FlagState) => FlagState,
  ): Promise<FlagView> {
    return this.#db.transaction().execute(async (tx) => {
      await writeFlag(tx, name, change(await lockFlag(tx, name)), by.userId);
      await record(tx, { actorId: by.userId, action, target: name, details, address: by.address });
      await query(tx, TELL, [JSON.stringify({ kind: 'node', topic: FLAGS_TOPIC, payload: null })]);
      const rows = await readFlags(tx);
      return viewOf(
        name,
        rows.find((row) => row.key === name),
      );
    });
  }
}

function nameOf(key: string): FlagName {
  if (isFlagName(key)) return key;
  throw new AppError('not_found', `unable to find the flag; there is none of this name, but ${FLAG_NAMES.join(', ')}`);
}

function demandTypes(name: FlagName, rules: readonly FlagRule[]): void {
  const type = typeof FLAGS[name].default;
  const wrong = rules.findIndex((rule) => typeof rule.value !== type);
  if (wrong < 0) return;
  throw new AppError('bad_request', `unable to set the flag; its values are of the type ${type}`, {
    issues: [{ path: `rules.${wrong}.value`, message: `must be a ${type}` }],
  });
}

function viewOf(name: FlagName, row: FlagRow | undefined): FlagView {
  const { description, owner, until, default: fallback, off, forClients }: DeclaredFlag = FLAGS[name];
  return {
    key: name,
    type: typeof fallback as FlagView['type'],
    description,
    owner,
    until,
    default: fallback,
    off,
    forClients,
    rules: [...(row?.rules ?? [])],
    killed: row?.killed ?? false,
    changedAt: row?.changedAt ?? null,
    changedBy: row?.changedBy ?? null,
  };
}
