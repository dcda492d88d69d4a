import {
  ErrorCode,
  type EvaluationContext,
  type JsonValue,
  OpenFeatureEventEmitter,
  type Provider,
  ProviderEvents,
  type ResolutionDetails,
} from '@openfeature/server-sdk';
import type { FlagValue } from '@parley/protocol';
import { FLAGS, isFlagName } from './declared.ts';
import { evaluate } from './evaluate.ts';
import type { FlagRules } from './flag-rules.ts';

/** Answers OpenFeature from the flags of this server: what operators have set, over what the code declares. */
export class ParleyProvider implements Provider {
  readonly metadata = { name: 'parley' } as const;
  readonly runsOn = 'server';
  readonly events = new OpenFeatureEventEmitter();
  readonly #rules: FlagRules;

  constructor(rules: FlagRules) {
    this.#rules = rules;
    rules.onChange = (names) => this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged: [...names] });
  }

  resolveBooleanEvaluation(name: string, fallback: boolean, context: EvaluationContext) {
    return Promise.resolve(this.#resolve(name, fallback, context));
  }

  resolveStringEvaluation(name: string, fallback: string, context: EvaluationContext) {
    return Promise.resolve(this.#resolve(name, fallback, context));
  }

  resolveNumberEvaluation(name: string, fallback: number, context: EvaluationContext) {
    return Promise.resolve(this.#resolve(name, fallback, context));
  }

  resolveObjectEvaluation<Value extends JsonValue>(_name: string, fallback: Value) {
    return Promise.resolve({ value: fallback, errorCode: ErrorCode.TYPE_MISMATCH });
  }

  /** The value alone, at once. */
  valueOf<Value extends FlagValue>(name: string, fallback: Value, context: EvaluationContext): Value {
    return this.#resolve(name, fallback, context).value;
  }

  #resolve<Value extends FlagValue>(
    name: string,
    fallback: Value,
    context: EvaluationContext,
  ): ResolutionDetails<Value> {
    if (!isFlagName(name)) return { value: fallback, errorCode: ErrorCode.FLAG_NOT_FOUND };
    const { value, reason } = evaluate(name, FLAGS[name], this.#rules.of(name), {
      userId: context.targetingKey ?? '',
      role: textOf(context.role),
      environment: textOf(context.environment),
    });
    if (typeof value !== typeof fallback) return { value: fallback, errorCode: ErrorCode.TYPE_MISMATCH };
    return { value: value as Value, reason };
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
