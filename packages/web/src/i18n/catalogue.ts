import type { en } from './en.ts';

export type MessageKey = keyof typeof en;

/** One text for each form of the language's plural, chosen by `count`. */
export type PluralForms = { readonly [Form in Exclude<Intl.LDMLPluralRule, 'other'>]?: string } & {
  readonly other: string;
};

/** Every text of the app in one language: a missing one does not type-check. */
export type Catalogue = {
  readonly [Key in MessageKey]: (typeof en)[Key] extends string ? string : PluralForms;
};

type Names<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type TextOf<Key extends MessageKey> = (typeof en)[Key] extends { readonly other: infer Text } ? Text : (typeof en)[Key];

/** What a text wants filled in: the names in its braces. */
export type Slots<Key extends MessageKey> =
  | Names<TextOf<Key>>
  | ((typeof en)[Key] extends { readonly other: string } ? 'count' : never);

/** The values for a text, left out where it has no slots. */
export type Values<Key extends MessageKey, Value> = [Slots<Key>] extends [never]
  ? []
  : [values: Readonly<Record<Slots<Key>, Value>>];
