import { createHash } from 'node:crypto';
import type { Plugin } from 'vite';

/** Stands in the service worker's source for the list of files, until they are known. */
export const PRECACHE_PLACEHOLDER = '__PARLEY_SHELL__';
const WORKER = 'service-worker.js';
/** Fetched when somebody asks for them: sets of letters and pictures that most people never see. */
const ON_DEMAND = /(?:-ext-|cyrillic|greek|vietnamese|emoji-data)/;

/** Writes the names of all built files into the service worker, with a name of their own that changes whenever one of them does. */
export function precacheList(): Plugin {
  return {
    name: 'parley-precache-list',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      const worker = bundle[WORKER];
      if (worker?.type !== 'chunk') return this.error(`${WORKER} is not among the built files`);
      const files = Object.keys(bundle).filter((name) => name.startsWith('assets/') && !ON_DEMAND.test(name));
      const list = shellList(files);
      if (!worker.code.includes(PRECACHE_PLACEHOLDER)) this.error(`${WORKER} has no ${PRECACHE_PLACEHOLDER}`);
      worker.code = worker.code.replace(
        new RegExp(`["'\`]${PRECACHE_PLACEHOLDER}["'\`]`),
        JSON.stringify(JSON.stringify(list)),
      );
    },
  };
}

/** What the service worker keeps: a version that names exactly these files, and their addresses. */
export function shellList(files: readonly string[]): { version: string; files: string[] } {
  const sorted = [...files].sort();
  // Names of built files carry the hash of their content, so the names alone tell one version from another.
  const version = createHash('sha256').update(sorted.join('\n')).digest('hex').slice(0, 12);
  return { version, files: sorted.map((name) => `/${name}`) };
}
