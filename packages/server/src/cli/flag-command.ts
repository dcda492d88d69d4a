import { type FlagRule, type FlagValue, type FlagView, ROLES, type Role } from '@parley/protocol';
import { Command, InvalidArgumentError } from 'commander';
import { FLAGS, isFlagName } from '../flags/declared.ts';
import { FlagControl } from '../flags/flag-control.ts';
import { AppError } from '../lib/app-error.ts';
import type { Database } from '../storage/postgres.ts';
import { findUserByName } from '../users/user-store.ts';
import { OPERATOR } from './account-tools.ts';
import { readUsername } from './options.ts';
import { processTerminal, type Terminal, writeFacts, writeRows } from './terminal.ts';
import { withDatabase } from './with-database.ts';

interface RuleFlags {
  readonly users?: string[];
  readonly roles?: Role[];
  readonly environments?: string[];
  readonly json?: true;
}

/** `parley flag list|set|roll|reset|kill|revive`; running nodes and their clients follow within a second. */
export function flagCommand(terminal: Terminal = processTerminal): Command {
  const command = new Command('flag').description('Show and change feature flags; running servers follow at once');
  const withControl = (work: (control: FlagControl, db: Database) => Promise<void>) =>
    withDatabase(terminal, ({ db }) => work(new FlagControl(db), db));
  const report = (view: FlagView, json: boolean) => writeFacts(terminal, json ? { ...view } : factsOf(view), json);

  command
    .command('list')
    .description('list all flags with their rules')
    .option('--json', 'as JSON')
    .action(({ json }: { json?: true }) =>
      withControl(async (control) => {
        const flags = await control.list();
        const rows = json === true ? flags.map((flag) => ({ ...flag })) : flags.map(factsOf);
        writeRows(terminal, rows, { json: json === true, columns: ['flag', 'default', 'rules', 'owner', 'until'] });
      }),
    );
  withTargets(
    command.command('set').description('give a flag a value: to everybody, or before its other rules to some'),
  )
    .argument('<flag>', 'its name, as `flag list` shows it')
    .argument('<value>', 'true, false, a number or a text')
    .action((key: string, text: string, flags: RuleFlags) =>
      withControl(async (control, db) => {
        const rule = { ...(await targetsOf(db, flags)), value: readValue(key, text) };
        // Who is named comes before what holds for all; a value for all takes the place of every rule.
        const isForAll = Object.keys(rule).length === 1;
        const others = isForAll ? [] : await rulesOf(control, key);
        report(await control.set(OPERATOR, key, [rule, ...others]), flags.json === true);
      }),
    );
  withTargets(
    command.command('roll').description('give a flag’s value to a share of the users; who has it keeps it when raised'),
  )
    .argument('<flag>', 'its name, as `flag list` shows it')
    .argument('<percent>', 'from 0 to 100', readPercent)
    .option('--value <value>', 'which value; true for flags that are on or off')
    .action((key: string, percentage: number, flags: RuleFlags & { value?: string }) =>
      withControl(async (control, db) => {
        const value = readValue(key, flags.value ?? onlyValueOf(key));
        const rule = { ...(await targetsOf(db, flags)), percentage, value };
        const named = (await rulesOf(control, key)).filter((other) => other.percentage === undefined && isNamed(other));
        report(await control.set(OPERATOR, key, [...named, rule, ...restOf(key, value)]), flags.json === true);
      }),
    );
  command
    .command('reset')
    .description('forget all rules of a flag: its default holds for everybody')
    .argument('<flag>', 'its name')
    .option('--json', 'as JSON')
    .action((key: string, { json }: { json?: true }) =>
      withControl(async (control) => report(await control.set(OPERATOR, key, []), json === true)),
    );
  for (const [name, on, what] of [
    ['kill', true, 'switch a flag off for everybody, whatever its rules say'],
    ['revive', false, 'let the rules of a killed flag hold again'],
  ] as const) {
    command
      .command(name)
      .description(what)
      .argument('<flag>', 'its name')
      .option('--json', 'as JSON')
      .action((key: string, { json }: { json?: true }) =>
        withControl(async (control) => report(await control.kill(OPERATOR, key, on), json === true)),
      );
  }
  return command;
}

function withTargets(command: Command): Command {
  const parted = (text: string) => text.split(',').map((part) => part.trim());
  return command
    .option('--users <names>', 'only these users, parted by commas', (text) => parted(text).map(readUsername))
    .option('--roles <roles>', 'only these roles, parted by commas', (text) => parted(text).map(roleOf))
    .option('--environments <names>', 'only where PARLEY_ENVIRONMENT is one of these', parted)
    .option('--json', 'as JSON');
}

async function targetsOf(db: Database, { users, roles, environments }: RuleFlags): Promise<Partial<FlagRule>> {
  const found = await Promise.all((users ?? []).map((name) => findUserByName(db, name)));
  const missing = (users ?? []).filter((_, index) => found[index] === null);
  if (missing.length > 0)
    throw new AppError('not_found', `unable to find the users; there is nobody called ${missing.join(', ')}`);
  return {
    ...(users === undefined ? {} : { users: found.flatMap((user) => (user === null ? [] : [user.id])) }),
    ...(roles === undefined ? {} : { roles }),
    ...(environments === undefined ? {} : { environments }),
  };
}

/** True when a rule is for some: for users, roles or environments that it names. */
function isNamed({ users, roles, environments }: FlagRule): boolean {
  return users !== undefined || roles !== undefined || environments !== undefined;
}

/** Where the default is what is rolled out, a share means something only when the others have it off. */
function restOf(key: string, value: FlagValue): FlagRule[] {
  return isFlagName(key) && value === FLAGS[key].default ? [{ value: FLAGS[key].off }] : [];
}

async function rulesOf(control: FlagControl, key: string): Promise<FlagRule[]> {
  return (await control.list()).find((flag) => flag.key === key)?.rules ?? [];
}

function readValue(key: string, text: string): FlagValue {
  const type = isFlagName(key) ? typeof FLAGS[key].default : 'string';
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if (type === 'string') return text;
  const number = Number(text);
  if (type === 'number' && text.trim() !== '' && Number.isFinite(number)) return number;
  throw new AppError('bad_request', `unable to set the flag; its values are of the type ${type}`);
}

/** What is rolled out of a flag that is on or off; of others it has to be said. */
function onlyValueOf(key: string): string {
  if (!isFlagName(key) || typeof FLAGS[key].default === 'boolean') return 'true';
  throw new AppError('bad_request', 'unable to roll the flag out; say which of its values by --value');
}

function readPercent(text: string): number {
  const percent = Number(text.replace(/%$/, ''));
  if (text === '' || !(percent >= 0 && percent <= 100)) throw new InvalidArgumentError('from 0 to 100');
  return percent;
}

function roleOf(text: string): Role {
  const role = ROLES.find((known) => known === text);
  if (role === undefined) throw new InvalidArgumentError(`one of ${ROLES.join(', ')}`);
  return role;
}

function factsOf(flag: FlagView) {
  const rules = flag.rules.map(({ value, percentage, users, roles, environments }) => {
    const to = [
      ...(percentage === undefined ? [] : [`${percentage} %`]),
      ...(users === undefined ? [] : [`${users.length} users`]),
      ...(roles ?? []),
      ...(environments ?? []),
    ];
    return `${JSON.stringify(value)} to ${to.length === 0 ? 'all' : to.join(' ')}`;
  });
  return {
    flag: flag.key,
    default: JSON.stringify(flag.default),
    rules: flag.killed ? `KILLED (${rules.join('; ') || 'no rules'})` : rules.join('; '),
    owner: flag.owner,
    until: flag.until,
  };
}
