/** What the surroundings say about the network. */
export type WakeHint = 'online' | 'offline' | 'visible';

/** Subscribes to hints; returns what ends it. */
export type WakeSource = (listener: (hint: WakeHint) => void) => () => void;

/** Hints from a browser's window and document; nothing where there is none. */
export const browserWake: WakeSource = (listener) => {
  if (typeof window === 'undefined' || typeof document === 'undefined') return () => {};
  const online = () => listener('online');
  const offline = () => listener('offline');
  const visible = () => {
    if (document.visibilityState === 'visible') listener('visible');
  };
  window.addEventListener('online', online);
  window.addEventListener('offline', offline);
  window.addEventListener('pageshow', visible);
  document.addEventListener('visibilitychange', visible);
  return () => {
    window.removeEventListener('online', online);
    window.removeEventListener('offline', offline);
    window.removeEventListener('pageshow', visible);
    document.removeEventListener('visibilitychange', visible);
  };
};
