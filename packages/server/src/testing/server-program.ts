import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import { bundle } from './bundle.ts';
import { LAST_RELEASED } from './released/released-schema.ts';
import { RELEASED_TEXTS } from './released/released-texts.ts';

/** Beside what the build makes, since the server finds the web app from where its own code lies. */
const DIRECTORY = fileURLToPath(new URL('../../dist', import.meta.url));
const SOURCES = fileURLToPath(new URL('..', import.meta.url));
const NAMES = { present: 'test-server', released: 'test-server-released' };

/** `released`: a server that knows only the migrations of the release before, and so neither makes nor needs what came after. */
export type Release = keyof typeof NAMES;

const built = new Map<Release, Promise<string>>();

/** The command line of the server, made from the sources as they are. */
export function serverProgram(release: Release = 'present'): Promise<string> {
  const program = built.get(release) ?? buildProgram(release);
  built.set(release, program);
  return program;
}

const ONLY_RELEASED: Plugin = {
  name: 'only what was released',
  setup(bundler) {
    bundler.onLoad({ filter: /migrations\/migrations\.ts$/ }, ({ path }) => {
      const lines = readFileSync(path, 'utf8').split('\n');
      const isReleased = (line: string) => (/^ {2}'(\d{14}_\w+)':/.exec(line)?.[1] ?? '') <= LAST_RELEASED;
      return { contents: lines.filter(isReleased).join('\n'), loader: 'ts' };
    });
    bundler.onLoad({ filter: /\/server\/src\/.*\.ts$/ }, ({ path }) => {
      const texts = RELEASED_TEXTS.filter(([file]) => file === relative(SOURCES, path).replaceAll('\\', '/'));
      if (texts.length === 0) return undefined;
      return { contents: texts.reduce(asReleased, readFileSync(path, 'utf8')), loader: 'ts' };
    });
  },
};

/** Throws where the text is not there: it would quietly stay as it is. */
function asReleased(source: string, [file, present, released]: (typeof RELEASED_TEXTS)[number]): string {
  if (!source.includes(present))
    throw new Error(`unable to stand in for the release; ${file} does not say: ${present}`);
  return source.replace(present, released);
}

async function buildProgram(release: Release): Promise<string> {
  const name = NAMES[release];
  const source = fileURLToPath(new URL('../cli.ts', import.meta.url));
  await bundle(DIRECTORY, { [name]: source }, release === 'released' ? [ONLY_RELEASED] : []);
  return join(DIRECTORY, `${name}.mjs`);
}
