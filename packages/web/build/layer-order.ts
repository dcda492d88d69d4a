import type { Plugin } from 'vite';

/** The order in which styles win, weakest first. */
export const LAYERS = '@layer reset, tokens, base, ui, features;';

/** Puts the order of layers at the head of every style sheet: whichever of them a page loads first decides it for all. */
export function layerOrder(): Plugin {
  return {
    name: 'parley-layer-order',
    apply: 'build',
    enforce: 'post',
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === 'asset' && file.fileName.endsWith('.css')) file.source = `${LAYERS}${String(file.source)}`;
      }
    },
  };
}
