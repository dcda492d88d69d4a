import { once } from '../lib/once.ts';
import type { Catalogue, MessageKey, PluralForms, Values } from './catalogue.ts';

/** Gives the text of a key with its values filled in; numbers are written as the language writes them. */
export type Translate = <Key extends MessageKey>(key: Key, ...values: Values<Key, string | number>) => string;

/** The same with any values, as the parts between and within: what a component makes rich text of. */
export type TranslateParts = <Key extends MessageKey, Value>(
  key: Key,
  ...values: Values<Key, Value>
) => (string | Value)[];

export interface Translator {
  readonly language: string;
  readonly t: Translate;
  readonly parts: TranslateParts;
}

/** Makes the translator of one language. */
export function makeTranslator(language: string, catalogue: Catalogue): Translator {
  const plural = once(() => new Intl.PluralRules(language));
  const number = once(() => new Intl.NumberFormat(language));
  const textOf = (key: MessageKey, values: Readonly<Record<string, unknown>> | undefined): string => {
    const text: string | PluralForms = catalogue[key];
    if (typeof text === 'string') return text;
    return text[plural().select(Number(values?.count ?? 0))] ?? text.other;
  };
  return {
    language,
    t: (key, ...[values]) =>
      fill(textOf(key, values), values ?? {})
        .map((part) => (typeof part === 'number' ? number().format(part) : part))
        .join(''),
    parts: (key, ...[values]) => fill(textOf(key, values), values ?? {}),
  };
}

function fill<Value>(text: string, values: Readonly<Record<string, Value>>): (string | Value)[] {
  return text
    .split(/\{(\w+)\}/)
    .map((part, index) => (index % 2 === 0 ? part : (values[part] ?? '')))
    .filter((part) => part !== '');
}
