// Checks what no other linter knows about this house: who may import whom, no circles, no files that have grown too
// long, no barrels. `node scripts/check-house.js`; the two tables below are the rules, edit them as the house grows.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missingOptionalPackages } from './complete-lock.js';

/**
 * Which of our packages each package may import. Nothing imports the server.
 *
 * @type {Record<string, string[]>}
 */
export const PACKAGES = {
  protocol: [],
  client: ['protocol'],
  server: ['protocol'], // and those of CLIENT_PACKAGES, in the rooms of CLIENT_ROOMS alone
  web: ['client', 'protocol'],
  'load-test': ['client', 'protocol'],
};

/**
 * The doors of each package, besides `index.ts`; only these may pass on what other files export.
 *
 * @type {Record<string, string[]>}
 */
export const DOORS = { protocol: ['constants.ts'], client: ['node.ts', 'indexed-db.ts', 'react.ts'] };

/** What a browser loads with the SDK: it has no run-time dependency, so everything else is imported as a type. */
const CLIENT_RUNTIME = ['@parley/protocol/constants'];

/**
 * Doors of the SDK that are for one platform, with what that platform brings.
 *
 * @type {[door: string, brought: RegExp][]}
 */
const CLIENT_PLATFORMS = [
  ['packages/client/src/node.ts', /^node:/],
  ['packages/client/src/react/', /^react$/],
];

/** Rooms of the server that act as a client of one, and what they may import for it. */
const CLIENT_ROOMS = ['cli', 'cli.ts'];
const CLIENT_PACKAGES = ['client', 'load-test'];

const STATE = [
  'users',
  'channels',
  'messages',
  'delivery',
  'presence',
  'search',
  'attachments',
  'audit',
  'trends',
  'webhooks',
];

/**
 * Which other rooms each room of the server may import, forward along the road of a message. All may import the
 * COMMON rooms as well. A new room gets a line here; a room never imports one that leads back to it.
 *
 * @type {Record<string, string[]>}
 */
export const SERVER_ROOMS = {
  // the road
  gateway: ['session', 'outbox', 'rate-limit', 'users'],
  session: ['commands', 'sync', 'hub', 'outbox', 'fanout', 'rate-limit', 'users', 'channels', 'messages'],
  commands: ['sync', 'queue', 'fanout', 'hub', 'rate-limit', 'flags', ...STATE],
  sync: ['fanout', 'storage', 'cache', ...STATE],
  queue: ['audit', 'storage'],
  writer: ['queue', 'fanout', 'storage'],
  fanout: ['storage'],
  hub: ['fanout', 'outbox'],
  outbox: [],
  // state: true without any socket; its changes take their place in a channel's order through the writer
  audit: ['storage'],
  users: ['audit', 'storage', 'cache', 'writer', 'fanout'],
  channels: ['users', 'audit', 'storage', 'cache', 'writer', 'fanout'],
  messages: ['users', 'channels', 'audit', 'storage', 'cache', 'writer', 'fanout'],
  attachments: ['channels', 'storage'],
  search: ['channels', 'messages', 'storage'],
  delivery: ['messages', 'channels', 'storage', 'cache', 'writer', 'fanout'],
  presence: ['users', 'channels', 'storage', 'cache', 'fanout'],
  // the other door, and what any product needs
  http: ['commands', 'flags', 'rate-limit', 'storage', ...STATE],
  'rate-limit': ['storage', 'config'],
  cache: ['storage'],
  flags: ['audit', 'storage'],
  trends: ['storage'],
  webhooks: ['messages', 'channels', 'users', 'audit', 'rate-limit', 'storage'],
  // the files of messages are in a backup too
  backup: ['attachments', 'audit', 'storage'],
  embedded: [],
  storage: [],
  config: [],
  monitoring: [],
  lib: [],
};

/** What every room may import; `lib` itself and the rooms without state of their own take only `lib`. */
const COMMON = ['lib', 'monitoring'];
const ONLY_LIB = ['lib', 'monitoring', 'config', 'embedded'];

/** Files and rooms that compose the others: they may import every room, and only each other may import them. */
const FREE_FILES = [
  'app.ts',
  'state.ts',
  'accounts.ts',
  'files.ts',
  'backups.ts',
  'cluster.ts',
  'node.ts',
  'node-ports.ts',
  'node-rooms.ts',
  'road.ts',
  'watch.ts',
  'hooks.ts',
  'main.ts',
  'drain.ts',
  'cli.ts',
  'index.ts',
];
const FREE_ROOMS = ['cli', 'testing'];

const WARN_LINES = 300;
const MAX_LINES = 500;

/**
 * @typedef {Map<string, string>} Tree text of each file by its path from the root of the repository
 * @typedef {{ errors: string[], warnings: string[] }} Findings
 * @typedef {{ target: string, isType: boolean }} Import a path from the root, or a foreign name as it is written
 */

/**
 * Checks a tree of sources.
 *
 * @param {Tree} tree
 * @returns {Findings}
 */
export function checkHouse(tree) {
  const graph = new Map([...tree].map(([path, text]) => [path, importsOf(path, text)]));
  const errors = [];
  for (const [path, imports] of graph) {
    if (isTest(path)) continue;
    errors.push(...imports.flatMap((found) => [...refuseImport(path, found.target), ...refuseRuntime(path, found)]));
    errors.push(...refuseBarrel(path, tree.get(path) ?? ''));
    if (isHomeless(path)) errors.push(`${path}: room "${roomOf(path)}" has no line in scripts/check-house.js`);
  }
  errors.push(
    ...findCircles(graph).map((circle) => `${circle[0]}: imports itself in a circle: ${circle.join(' -> ')}`),
  );
  const sizes = [...tree].filter(([path]) => !isTest(path)).map(([path, text]) => ({ path, lines: countLines(text) }));
  const tooLong = sizes.filter(({ lines }) => lines > MAX_LINES);
  const long = sizes.filter(({ lines }) => lines > WARN_LINES && lines <= MAX_LINES);
  return {
    errors: [...errors, ...tooLong.map(({ path, lines }) => `${path}: ${lines} lines; at most ${MAX_LINES}, split it`)],
    warnings: long.map(({ path, lines }) => `${path}: ${lines} lines; should stay below ${WARN_LINES}`),
  };
}

/**
 * @param {string} path
 * @param {string} text
 * @returns {Import[]}
 */
function importsOf(path, text) {
  const found = [
    ...text.matchAll(/^(?:import|export)\b([^'";]*?)\bfrom\s*['"]([^'"]+)['"]/gm),
    ...text.matchAll(/^import()\s*['"]([^'"]+)['"]/gm),
    ...text.matchAll(/\bimport\(()\s*['"]([^'"]+)['"]/g),
  ];
  return found.map(([, names = '', name = '']) => ({
    target: name.startsWith('.') ? posix.join(posix.dirname(path), name) : name,
    isType: /^\s*type\b/.test(names),
  }));
}

/**
 * @param {string} path
 * @param {string} target
 * @returns {string[]}
 */
function refuseImport(path, target) {
  const from = packageOf(path);
  if (from === undefined) return [];
  const ours = /^@parley\/([^/]+)(\/.+)?$/.exec(target);
  if (ours?.[2] !== undefined && !doorsOf(ours[1] ?? '').includes(`${ours[2].slice(1)}.ts`)) {
    return [`${path}: imports ${target}, which is no door of that package`];
  }
  const to = ours?.[1] ?? packageOf(target);
  if (to === undefined) return [];
  if (to === from) return ours ? [`${path}: imports its own package by name`] : refuseRoom(path, target);
  if (!ours) return [`${path}: reaches into another package by path: ${target}`];
  const isClientRoom = from === 'server' && CLIENT_PACKAGES.includes(to) && CLIENT_ROOMS.includes(roomOf(path));
  return PACKAGES[from]?.includes(to) || isClientRoom ? [] : [`${path}: package ${from} may not import ${to}`];
}

/**
 * @param {string} path
 * @param {Import} found
 * @returns {string[]}
 */
function refuseRuntime(path, { target, isType }) {
  if (packageOf(path) !== 'client' || isType || packageOf(target) === 'client') return [];
  if (CLIENT_PLATFORMS.some(([door, brought]) => path.startsWith(door) && brought.test(target))) return [];
  return CLIENT_RUNTIME.includes(target) ? [] : [`${path}: the SDK may import ${target} as a type only`];
}

/**
 * @param {string} name
 * @returns {string[]}
 */
function doorsOf(name) {
  return ['index.ts', 'index.tsx', ...(DOORS[name] ?? [])];
}

/**
 * @param {string} path
 * @param {string} target
 * @returns {string[]}
 */
function refuseRoom(path, target) {
  if (packageOf(path) !== 'server' || isFree(path)) return [];
  const [from, to] = [roomOf(path), roomOf(target)];
  if (isTest(target)) return [`${path}: imports a test: ${target}`];
  if (isFree(target)) return [`${path}: only tests and the composition root may import ${target}`];
  if (from === to || SERVER_ROOMS[from] === undefined) return [];
  const common = ONLY_LIB.includes(from) ? ['lib'] : COMMON;
  return [...common, ...SERVER_ROOMS[from]].includes(to) ? [] : [`${path}: room ${from} may not import ${to}`];
}

/** @param {string} path */
function packageOf(path) {
  return /^packages\/([^/]+)\//.exec(path)?.[1];
}

/**
 * The folder below `src` that a file lives in; the file itself when it stands there alone.
 *
 * @param {string} path
 */
function roomOf(path) {
  return path.split('/')[3] ?? '';
}

/** @param {string} path */
function isFree(path) {
  return FREE_FILES.includes(roomOf(path)) || FREE_ROOMS.includes(roomOf(path));
}

/** @param {string} path */
function isHomeless(path) {
  return path.startsWith('packages/server/src/') && !isFree(path) && SERVER_ROOMS[roomOf(path)] === undefined;
}

/** @param {string} path */
function isTest(path) {
  return /\.(test|contract|bench)\.[jt]sx?$|(^|\/)(tests?|sim)\//.test(path);
}

/**
 * A file that only passes on what others export hides who uses what.
 *
 * @param {string} path
 * @param {string} text
 * @returns {string[]}
 */
function refuseBarrel(path, text) {
  if (packageOf(path) === undefined || doorsOf(packageOf(path) ?? '').includes(roomOf(path))) return [];
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '').trim();
  const rest = code.replace(/^export\b[^'";]*?\bfrom\s*['"][^'"]+['"];?\s*/gm, '');
  return code !== '' && rest === '' ? [`${path}: is a barrel; import what it passes on from where it is`] : [];
}

/** @param {string} text */
function countLines(text) {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

/**
 * One circle for each set of files that import each other.
 *
 * @param {Map<string, Import[]>} graph
 * @returns {string[][]}
 */
export function findCircles(graph) {
  /** @type {Map<string, 'open' | 'done'>} */
  const state = new Map();
  /** @type {string[][]} */
  const circles = [];
  /** @param {string} path @param {string[]} trail */
  const visit = (path, trail) => {
    if (state.get(path) === 'open') circles.push([...trail.slice(trail.indexOf(path)), path]);
    if (state.has(path) || !graph.has(path)) return;
    state.set(path, 'open');
    for (const { target } of graph.get(path) ?? []) visit(target, [...trail, path]);
    state.set(path, 'done');
  };
  for (const path of graph.keys()) visit(path, []);
  return circles;
}

/**
 * @param {string} root
 * @returns {Tree}
 */
function readTree(root) {
  const folders = readdirSync(join(root, 'packages')).map((name) => posix.join('packages', name, 'src'));
  const paths = [...folders, 'scripts']
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => posix.join(folder, name)),
    );
  const sources = paths.filter((path) => /\.[jt]sx?$/.test(path));
  return new Map(sources.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  const { errors, warnings } = checkHouse(readTree(root));
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  if (missingOptionalPackages(lock).length > 0) {
    errors.push('package-lock.json: lacks optional packages; run node scripts/complete-lock.js');
  }
  for (const warning of warnings) console.warn(`warning  ${warning}`);
  for (const error of errors) console.error(`error    ${error}`);
  if (errors.length > 0) process.exitCode = 1;
}
