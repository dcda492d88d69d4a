import { readSetting, writeSetting } from '../lib/settings.ts';
import { createStore } from '../lib/store.ts';
import type { Catalogue } from './catalogue.ts';
import { en } from './en.ts';
import { type Format, makeFormat } from './format.ts';
import { makeTranslator, type Translator } from './translate.ts';

/** The languages of the app, each by its own name. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

/** Texts and formats of the chosen language. */
export interface Words extends Translator {
  readonly format: Format;
}

const catalogues: Record<Language, () => Promise<Catalogue> | Catalogue> = {
  en: () => en,
  de: async () => (await import('./de.ts')).de,
};

/** The language in use. It changes when the texts of the new one are here. */
export const words = createStore<Words>(makeWords('en', en));

/**
 * Takes up the language that was chosen here before, or the first one of the browser that the app speaks. English, which is always here,
 * where its texts do not come.
 */
export async function startLanguage(preferred: readonly string[] = navigator.languages): Promise<void> {
  await setLanguage(pickLanguage(readSetting('language'), preferred)).catch(() => {});
}

/** Changes the language, for the next visits too when `isChosen`. */
export async function setLanguage(language: Language, isChosen = false): Promise<void> {
  if (isChosen) writeSetting('language', language);
  words.set(makeWords(language, await catalogues[language]()));
  document.documentElement.lang = language;
}

/** The language to begin with. */
export function pickLanguage(chosen: string | null, preferred: readonly string[]): Language {
  const isSpoken = (tag: string): tag is Language => Object.hasOwn(LANGUAGES, tag);
  if (chosen !== null && isSpoken(chosen)) return chosen;
  return preferred.map((tag) => tag.split('-')[0] ?? '').find(isSpoken) ?? 'en';
}

function makeWords(language: Language, catalogue: Catalogue): Words {
  // A region says how dates are written; the language alone would make every English reader American.
  const region = (globalThis.navigator?.languages ?? []).find((tag) => tag.split('-')[0] === language) ?? language;
  return { ...makeTranslator(language, catalogue), format: makeFormat(region) };
}
