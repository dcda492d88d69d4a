// `npm start` and `npm run parley -- ...`: builds what is missing or older than its sources, then becomes the command
// line itself (same process, so that signals and exit codes are its own). Written for any Node, to greet old ones well.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { tooOld } from './node-version.js';
import { markBuilt, stalePackages } from './stale-packages.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'packages', 'server', 'dist', 'parley.mjs');

const complaint = tooOld(process.versions.node, join(root, 'package.json')) || notInstalled() || notBuilt();
if (complaint) {
  console.error(complaint);
  process.exitCode = 1;
} else {
  process.argv[1] = program;
  import(pathToFileURL(program).href).catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}

function notInstalled() {
  return existsSync(join(root, 'node_modules', 'typescript')) ? '' : 'unable to start; run `npm ci` first';
}

function notBuilt() {
  const stale = stalePackages(root);
  if (stale.length > 0) {
    const builtAtMs = Date.now();
    console.error(`building ${stale.join(', ')} ...`);
    const built = spawnSync('npm', ['run', '--silent', 'build'], {
      cwd: root,
      encoding: 'utf8',
      shell: process.platform === 'win32',
    });
    // What a build that went well has to say is of use to nobody who wanted to start something.
    if (built.status !== 0)
      return `${built.stdout ?? ''}${built.stderr ?? ''}\nunable to start; the build failed, see above`;
    markBuilt(root, stale, builtAtMs);
  }
  return existsSync(program) ? '' : `unable to start; the build made no ${program}`;
}
