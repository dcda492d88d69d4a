// `npm run test:e2e`: the web app in the system's browser, alone. Installs the browser where it can, builds the app,
// runs the tests. Arguments go to vitest.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBrowser } from './test-tools.js';

const root = fileURLToPath(new URL('..', import.meta.url));
ensureBrowser();

const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const steps = [
  ['npm', ['run', '--silent', 'build', '-w', 'packages/web']],
  [process.execPath, [vitest, 'run', '--project', 'e2e', ...process.argv.slice(2)]],
];
for (const [command, args] of steps) {
  const { status } = spawnSync(String(command), /** @type {string[]} */ (args), { cwd: root, stdio: 'inherit' });
  if (status !== 0) {
    process.exitCode = status ?? 1;
    break;
  }
}
