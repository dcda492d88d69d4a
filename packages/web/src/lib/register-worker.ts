const WORKER_URL = '/service-worker.js';

interface ScriptUrlPolicy {
  createScriptURL(url: string): string;
}

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): ScriptUrlPolicy;
}

/** Lets the service worker keep the app's files, so that it opens without a network too. It fetches them all: call it when nobody waits. */
export function registerWorker(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes };
  // The page's policy lets no text become a script's address, except by this one rule for this one address.
  const policy = trustedTypes?.createPolicy('parley', {
    createScriptURL: (url) => {
      if (url !== WORKER_URL) throw new TypeError('unable to trust the address; it is not the worker');
      return url;
    },
  });
  navigator.serviceWorker.register(policy?.createScriptURL(WORKER_URL) ?? WORKER_URL).catch(() => {
    // Without it the app needs the network to open, and nothing else.
  });
}
