import { readSetting, writeSetting } from './settings.ts';
import { createStore } from './store.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

/** The chosen theme; `system` follows the device. */
export const theme = createStore<Theme>(THEMES.find((name) => name === readSetting('theme')) ?? 'system');

/** Chooses a theme, for the next visits too. */
export function setTheme(name: Theme): void {
  writeSetting('theme', name === 'system' ? null : name);
  if (name === 'system') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  theme.set(name);
}
