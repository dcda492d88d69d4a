import { renameSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Beside what the build makes, since the server finds the web app from where its own code lies. */
const PROGRAM = fileURLToPath(new URL('../../dist/test-server.mjs', import.meta.url));

let built: Promise<string> | undefined;

/** The command line of the server, made from the sources as they are into one file: it starts in a third of the time. */
export function serverProgram(): Promise<string> {
  built ??= buildProgram();
  return built;
}

async function buildProgram(): Promise<string> {
  // Whoever else builds it at the same time makes the same; nobody sees half of it.
  const own = `${PROGRAM}.${process.pid}`;
  await build({
    entryPoints: [fileURLToPath(new URL('../cli.ts', import.meta.url))],
    outfile: own,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['source'],
    logLevel: 'error',
    sourcemap: 'inline',
    plugins: [
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
  renameSync(own, PROGRAM);
  return PROGRAM;
}
