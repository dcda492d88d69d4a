import react from '@vitejs/plugin-react';
import { defaultClientConditions, defineConfig } from 'vite';
import { emojiData } from './build/emoji-data.ts';
import { firstFiles } from './build/first-files.ts';
import { layerOrder } from './build/layer-order.ts';
import { packedFiles } from './build/packed-files.ts';
import { precacheList } from './build/precache-list.ts';

/** The server that `npm run dev` passes requests on to. */
const DEV_SERVER = process.env.PARLEY_DEV_SERVER ?? 'http://127.0.0.1:8080';

/** What is loaded when it is first shown, and the worker, which shares nothing with the page. */
const LATE =
  /emoji-data|[/]src[/](?:worker[/]|i18n[/]de|features[/](?:settings|search[/](?!search-text)|threads|admin|dialogs[/](?!use-)|switcher|panes)[/]?|features[/](?:message|conversation|presence)[/](?:forward|edits|readers|status)-)/;

/** What it takes to talk to the server: a file of its own that runs before the rest, so that the server is asked while that is read. */
const START =
  /rolldown-runtime|preload-helper|packages[/](?:client|protocol)[/]|[/]src[/](?:start|chat[/](?:offline-cache|outbox|run-client|session)|lib[/](?:routes|settings|store))[.]ts/;

export default defineConfig({
  root: import.meta.dirname,
  // Our own packages are built from their TypeScript, as everywhere in this repository.
  resolve: { conditions: ['source', ...defaultClientConditions] },
  plugins: [react(), emojiData(), layerOrder(), precacheList(), firstFiles(), packedFiles()],
  build: {
    target: 'es2022',
    // Nothing is rewritten for older browsers: `light-dark()` and nesting stay as they are.
    cssTarget: ['chrome123', 'firefox121', 'safari17.5'],
    // The content security policy knows no `data:` scripts, styles or fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // Packing takes most of a build, and that is well spent.
      checks: { bundlerTimings: false },
      input: { app: 'index.html', worker: 'src/worker/service-worker.ts' },
      output: {
        // What everybody needs comes in one file: a hundred small ones would each cost a way to the server.
        codeSplitting: {
          groups: [
            { name: 'start', priority: 1, test: (id) => START.test(id) },
            { name: 'base', test: (id) => !LATE.test(id) },
          ],
        },
        // A service worker governs what lies below its own address, so this one file has a plain name at the top.
        entryFileNames: (chunk) => (chunk.name === 'worker' ? 'service-worker.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  server: { proxy: { '/v1': { target: DEV_SERVER, ws: true, changeOrigin: false } } },
});
