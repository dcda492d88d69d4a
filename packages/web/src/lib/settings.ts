const PREFIX = 'parley/';

/** What the app remembers in this browser by itself: how one likes it, and what one was writing. */
export type SettingName =
  | 'theme'
  | 'language'
  | 'session'
  | 'formatting'
  | 'recent-emoji'
  | 'collapsed'
  | `draft/${string}`;

/** A remembered value, or null. */
export function readSetting(name: SettingName): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    // A browser told to keep nothing.
    return null;
  }
}

/** Remembers a value; null forgets it. */
export function writeSetting(name: SettingName, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // A full or forbidden storage costs the memory, not the moment.
  }
}

/** Calls `listener` when another tab of this browser changes the setting; returns what ends it. */
export function watchSetting(name: SettingName, listener: (value: string | null) => void): () => void {
  const hear = (event: StorageEvent) => {
    if (event.key === PREFIX + name) listener(event.newValue);
  };
  window.addEventListener('storage', hear);
  return () => window.removeEventListener('storage', hear);
}

/** Forgets all values whose names begin so. */
export function forgetSettings(prefix: string): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX + prefix)) localStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}
