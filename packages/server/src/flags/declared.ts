import type { FlagValue } from '@parley/protocol';

/** One feature flag, as the code declares it. */
export interface DeclaredFlag<Value extends FlagValue = FlagValue> {
  readonly description: string;
  /** Who answers for it. */
  readonly owner: string;
  /** The date, as `YYYY-MM-DD`, by which it is decided and taken out, or looked at and renewed; a test fails after it. */
  readonly until: string;
  /** What holds where no rule fits. */
  readonly default: Value;
  /** What the kill switch gives to everybody. */
  readonly off: Value;
  /** True: clients are told, in the welcome and when it changes. */
  readonly forClients: boolean;
}

function flag<Value extends FlagValue>(declared: DeclaredFlag<Value>): DeclaredFlag<Value> {
  return declared;
}

/** Every feature flag. The type of a flag is that of its default. */
export const FLAGS = {
  notice: flag<string>({
    description: 'A line that the web app shows above everything, such as of a maintenance to come; empty: none.',
    owner: 'operators',
    until: '2027-11-30',
    default: '',
    off: '',
    forClients: true,
  }),
  search: flag<boolean>({
    description: 'Whether messages can be searched; switch it off when searches weigh too heavily on the database.',
    owner: 'operators',
    until: '2027-11-30',
    default: true,
    off: false,
    forClients: true,
  }),
  uploads: flag<boolean>({
    description: 'Whether files can be uploaded; switch it off when the disk runs full.',
    owner: 'operators',
    until: '2027-11-30',
    default: true,
    off: false,
    forClients: true,
  }),
} as const;

export type FlagName = keyof typeof FLAGS;
type Widened<Value> = Value extends boolean ? boolean : Value extends number ? number : string;
/** The type of a flag's values. */
export type ValueOf<Name extends FlagName> = Widened<(typeof FLAGS)[Name]['default']>;
export const FLAG_NAMES = Object.keys(FLAGS) as FlagName[];

export function isFlagName(name: string): name is FlagName {
  return Object.hasOwn(FLAGS, name);
}
