import {
  type Client,
  type EvaluationContext,
  OpenFeature,
  type Provider,
  ProviderEvents,
} from '@openfeature/server-sdk';
import type { FlagValue, Role, UserId } from '@parley/protocol';
import type { Clock } from '../lib/clock.ts';
import { type DeclaredFlag, FLAG_NAMES, FLAGS, type FlagName, type ValueOf } from './declared.ts';
import { ParleyProvider } from './parley-provider.ts';

/** A provider elsewhere that answers no sooner is not waited for: nobody stands at a closed door for a flag. */
const ANSWER_MS = 1_000;

const CLIENT_FLAGS = FLAG_NAMES.filter((name) => FLAGS[name].forClients);

/** Values of flags by their names. */
export type FlagValues = Record<string, FlagValue>;

/** Whom a flag is asked for. */
export interface FlagUser {
  readonly userId: UserId;
  readonly serverRole: Role;
}

export interface FlagsPorts {
  /** Our own provider, or that of the operator. */
  readonly provider: Provider;
  /** Keeps the nodes of one process apart. */
  readonly domain: string;
  readonly environment: string;
  readonly clock: Clock;
  onFault(error: unknown): void;
}

/** What the flags say, asked through OpenFeature, so that any of its providers can stand behind them. Never throws. */
export class Flags {
  readonly #ports: FlagsPorts;
  readonly #client: Client;
  /** Raised with every change, so that whoever read before can tell. */
  version = 0;
  /** Called after flags have changed; set once. */
  onChange: () => void = () => {};

  constructor(ports: FlagsPorts) {
    this.#ports = ports;
    this.#client = OpenFeature.getClient(ports.domain);
    this.#client.addHandler(ProviderEvents.ConfigurationChanged, () => this.#changed());
    this.#client.addHandler(ProviderEvents.Ready, () => this.#changed());
  }

  get environment(): string {
    return this.#ports.environment;
  }

  get provider(): string {
    return this.#client.metadata.providerMetadata.name;
  }

  /** Begins to ask the provider; one that is not ready answers with the defaults until it is. */
  async start(): Promise<void> {
    try {
      await OpenFeature.setProviderAndWait(this.#ports.domain, this.#ports.provider);
    } catch (error) {
      this.#ports.onFault(error);
    }
  }

  /** The value of one flag for a user. */
  async value<Name extends FlagName>(name: Name, user: FlagUser): Promise<ValueOf<Name>> {
    return (await this.#ask(name, this.#contextOf(user))) as ValueOf<Name>;
  }

  /** All flags of which clients are told; at once where they are ours. */
  forClient(user: FlagUser): FlagValues | Promise<FlagValues> {
    const context = this.#contextOf(user);
    const values = CLIENT_FLAGS.map((name) => this.#ask(name, context));
    const known = values.filter((value): value is FlagValue => !(value instanceof Promise));
    if (known.length === values.length) return named(known);
    return Promise.all(values.map((value) => Promise.resolve(value))).then(named);
  }

  #contextOf({ userId, serverRole }: FlagUser): EvaluationContext {
    return { targetingKey: userId, role: serverRole, environment: this.#ports.environment };
  }

  #changed(): void {
    this.version += 1;
    this.onChange();
  }

  #ask(name: FlagName, context: EvaluationContext): FlagValue | Promise<FlagValue> {
    const declared: DeclaredFlag = FLAGS[name];
    const { provider } = this.#ports;
    // Ours knows at once: through the SDK an answer takes dozens of promises, and everybody who comes back asks for several.
    if (provider instanceof ParleyProvider) return provider.valueOf(name, declared.default, context);
    const answer = this.#resolve(name, declared.default, context);
    let timer: { cancel(): void } | undefined;
    const late = new Promise<FlagValue>((resolve) => {
      timer = this.#ports.clock.setTimeout(() => resolve(declared.default), ANSWER_MS);
    });
    return Promise.race([answer, late]).finally(() => timer?.cancel());
  }

  #resolve(name: FlagName, fallback: FlagValue, context: EvaluationContext): Promise<FlagValue> {
    switch (typeof fallback) {
      case 'boolean':
        return this.#client.getBooleanValue(name, fallback, context);
      case 'number':
        return this.#client.getNumberValue(name, fallback, context);
      default:
        return this.#client.getStringValue(name, fallback, context);
    }
  }
}

function named(values: readonly FlagValue[]): FlagValues {
  return Object.fromEntries(CLIENT_FLAGS.map((name, index) => [name, values[index] ?? FLAGS[name].default]));
}
