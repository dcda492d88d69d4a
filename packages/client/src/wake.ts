/** What the surroundings say about the network. */
export type WakeHint = 'online' | 'offline' | 'visible';

/** Subscribes to hints; returns what ends it. */
export type WakeSource = (listener: (hint: WakeHint) => void) => () => void;

/** Hints from a browser's window and document; nothing where there is none. */
export const browserWake: WakeSource = (listener) => {
  const ended = new AbortController();
  if (typeof document === 'undefined') return () => {};
  const hear = (target: EventTarget, type: string, hint: WakeHint): void => {
    const tell = (): void => {
      if (hint !== 'visible' || document.visibilityState === 'visible') listener(hint);
    };
    target.addEventListener(type, tell, { signal: ended.signal });
  };
  hear(window, 'online', 'online');
  hear(window, 'offline', 'offline');
  hear(window, 'pageshow', 'visible');
  hear(document, 'visibilitychange', 'visible');
  return () => ended.abort();
};
