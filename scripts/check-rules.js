// Holds docs/behaviour.md and the tests together: a test that names a rule which does not exist is an error, a rule that
// no test names is listed.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * @param {string} page text of docs/behaviour.md
 * @param {Map<string, string>} tests text of each test by its path
 * @returns {{ errors: string[], warnings: string[] }}
 */
export function checkRules(page, tests) {
  const rules = [...page.matchAll(/^- \*\*([A-Z]+\d+)\*\*/gm)].map((match) => match[1] ?? '');
  const twice = rules.filter((rule, index) => rules.indexOf(rule) !== index);
  const named = [...tests].flatMap(([path, text]) =>
    [...text.matchAll(/\[([A-Z]{2,}\d+)\]/g)].map((match) => ({ path, rule: match[1] ?? '' })),
  );
  const unknown = named.filter(({ rule }) => !rules.includes(rule));
  const proven = new Set(named.map(({ rule }) => rule));
  const unproven = rules.filter((rule) => !proven.has(rule));
  return {
    errors: [
      ...twice.map((rule) => `docs/behaviour.md: two rules are called ${rule}`),
      ...unknown.map(({ path, rule }) => `${path}: names [${rule}], which docs/behaviour.md does not have`),
    ],
    warnings: unproven.length > 0 ? [`docs/behaviour.md: no test names ${unproven.join(', ')}`] : [],
  };
}

/**
 * @param {string} root
 * @returns {Map<string, string>}
 */
function readTests(root) {
  const folders = ['tests', ...readdirSync(join(root, 'packages')).map((name) => join('packages', name, 'src'))];
  const there = folders.filter((folder) => existsSync(join(root, folder)));
  const paths = there.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  const tests = paths.filter((path) => /\.(test|contract)\.tsx?$/.test(path));
  return new Map(tests.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const page = readFileSync(join(root, 'docs', 'behaviour.md'), 'utf8');
  const { errors, warnings } = checkRules(page, readTests(root));
  for (const warning of warnings) console.warn(`warning  ${warning}`);
  for (const error of errors) console.error(`error    ${error}`);
  if (errors.length > 0) process.exitCode = 1;
}
