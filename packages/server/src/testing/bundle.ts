import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

/**
 * Makes programs from the sources as they are, each as one file of JavaScript: they start in a third of the time. `programs` are
 * paths below `directory`, each with its source; `plugins` change what they are made of.
 */
export async function bundle(
  directory: string,
  programs: Readonly<Record<string, string>>,
  plugins: readonly Plugin[] = [],
): Promise<void> {
  await build({
    // Whoever else builds them at the same time makes the same; nobody sees half of it.
    entryPoints: Object.entries(programs).map(([out, source]) => ({ in: source, out: `${out}.${process.pid}` })),
    outdir: directory,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['source'],
    logLevel: 'error',
    plugins: [
      ...plugins,
      {
        name: 'only what is ours',
        setup(bundler) {
          bundler.onResolve({ filter: /^[^./]/ }, ({ kind, path }) =>
            kind === 'entry-point' || path.startsWith('@parley/') ? undefined : { path, external: true },
          );
        },
      },
    ],
  });
  for (const out of Object.keys(programs)) {
    renameSync(join(directory, `${out}.${process.pid}.mjs`), join(directory, `${out}.mjs`));
  }
}
