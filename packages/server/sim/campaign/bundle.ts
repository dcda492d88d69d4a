import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { type Patch, patched } from './patch.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const ENTRY = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** A built worker, in a folder of its own. */
export interface Bundle {
  readonly file: string;
  remove(): void;
}

/**
 * Builds the simulation with the product's sources as they are, or with patches put in on the way: so a planted bug is a few
 * lines of another text, and the product holds no switch for it. Throws when a patch does not fit the sources.
 */
export async function buildWorker(patches: readonly Patch[]): Promise<Bundle> {
  // Within the checkout, so that what is not bundled is found.
  const folder = mkdtempSync(join(ROOT, 'node_modules', '.sim-'));
  const bundle = { file: join(folder, 'worker.mjs'), remove: () => rmSync(folder, { recursive: true, force: true }) };
  try {
    await build({
      entryPoints: [ENTRY],
      outfile: bundle.file,
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      conditions: ['source'],
      sourcemap: 'inline',
      logLevel: 'silent',
      plugins: [ownPackagesOnly, patching(patches)],
    });
  } catch (error) {
    bundle.remove();
    throw error;
  }
  return bundle;
}

/** What others wrote stays where it is. */
const ownPackagesOnly: Plugin = {
  name: 'own packages only',
  setup(builder) {
    builder.onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@parley/') ? undefined : { path, external: true },
    );
  },
};

function patching(patches: readonly Patch[]): Plugin {
  return {
    name: 'patches',
    setup(builder) {
      const used = new Set<Patch>();
      builder.onLoad({ filter: /\/packages\/.*\.ts$/ }, ({ path }) => {
        const file = relative(ROOT, path).replaceAll('\\', '/');
        const fitting = patches.filter((patch) => patch.file === file);
        if (fitting.length === 0) return undefined;
        for (const patch of fitting) used.add(patch);
        return { contents: fitting.reduce(patched, readFileSync(path, 'utf8')), loader: 'ts' };
      });
      builder.onEnd(() => {
        for (const patch of patches)
          if (!used.has(patch)) throw new Error(`no part of the simulation is ${patch.file}, which is to be patched`);
      });
    },
  };
}
