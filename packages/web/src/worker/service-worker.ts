import { answerFromShell, parseShell } from './shell-cache.ts';

declare const self: ServiceWorkerGlobalScope;

/** The build writes the list of files here. */
const shell = parseShell('__PARLEY_SHELL__');

self.addEventListener('install', (event) => {
  event.waitUntil(shell.keep(caches));
});

self.addEventListener('activate', (event) => {
  event.waitUntil(shell.dropOthers(caches));
});

self.addEventListener('fetch', (event) => {
  const answer = answerFromShell(event.request, self.location.origin, shell, caches);
  if (answer !== null) event.respondWith(answer);
});
