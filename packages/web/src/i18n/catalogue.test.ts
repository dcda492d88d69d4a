import { describe, expect, test } from 'vitest';
import type { Catalogue, PluralForms } from './catalogue.ts';
import { de } from './de.ts';
import { en } from './en.ts';

const LANGUAGES: Readonly<Record<string, Catalogue>> = { en, de };
const textsOf = (text: string | PluralForms): string[] => (typeof text === 'string' ? [text] : Object.values(text));
const slotsOf = (text: string) => new Set([...text.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name));

describe.each(Object.entries(LANGUAGES))('the catalogue %s', (language, catalogue) => {
  test('has every text, in the order of the first, and no other', () => {
    expect(Object.keys(catalogue)).toEqual(Object.keys(en));
  });

  test('has a form for every number that its language tells apart', () => {
    const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const [key, text] of Object.entries(catalogue)) {
      if (typeof text === 'string') continue;
      for (const form of forms) expect(Object.keys(text), key).toContain(form);
    }
  });

  test('fills in what the first fills in, and nothing else', () => {
    for (const [key, text] of Object.entries(catalogue) as [keyof Catalogue, string | PluralForms][]) {
      const wanted = new Set(textsOf(en[key]).flatMap((form) => [...slotsOf(form)]));
      for (const form of textsOf(text)) {
        for (const slot of slotsOf(form)) expect(wanted, key).toContain(slot);
      }
      if (typeof text === 'string') expect(slotsOf(text), key).toEqual(wanted);
    }
  });

  test('leaves nothing empty', () => {
    for (const [key, text] of Object.entries(catalogue)) {
      for (const form of textsOf(text as string | PluralForms)) expect(form.trim(), key).not.toBe('');
    }
  });
});
