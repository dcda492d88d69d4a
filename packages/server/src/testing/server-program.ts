import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.ts';

/** Beside what the build makes, since the server finds the web app from where its own code lies. */
const DIRECTORY = fileURLToPath(new URL('../../dist', import.meta.url));
const NAME = 'test-server';

let built: Promise<string> | undefined;

/** The command line of the server, made from the sources as they are. */
export function serverProgram(): Promise<string> {
  built ??= buildProgram();
  return built;
}

async function buildProgram(): Promise<string> {
  await bundle(DIRECTORY, { [NAME]: fileURLToPath(new URL('../cli.ts', import.meta.url)) });
  return join(DIRECTORY, `${NAME}.mjs`);
}
