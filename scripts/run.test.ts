import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { tooOld } from './node-version.js';
import { markBuilt, stalePackages } from './stale-packages.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'parley-run-'));
});

/** What the command line is started from. */
const PROGRAM = 'packages/server/dist/parley.mjs';

afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, secondsAgo: number): void {
  const full = join(root, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, '{ "engines": { "node": ">=20.19" } }');
  const time = Date.now() / 1000 - secondsAgo;
  utimesSync(full, time, time);
  for (let folder = dirname(full); folder !== root; folder = dirname(folder)) utimesSync(folder, time, time);
}

describe('a package is built again', () => {
  test.each<[string, [string, number][], string[]]>([
    ['when it never was', [['packages/server/src/a.ts', 9]], ['server']],
    [
      'not when the build is newer',
      [
        ['packages/server/src/a.ts', 9],
        ['packages/server/dist/.tsbuildinfo', 5],
        [PROGRAM, 4],
      ],
      [],
    ],
    [
      'when a source is newer',
      [
        ['packages/server/dist/.tsbuildinfo', 5],
        ['packages/server/src/deep/a.ts', 1],
      ],
      ['server'],
    ],
    [
      'when its manifest is newer',
      [
        ['packages/web/src/a.ts', 9],
        ['packages/web/dist/index.html', 5],
        ['packages/web/package.json', 1],
      ],
      ['web'],
    ],
    ['not when it has no sources', [['packages/web/package.json', 1]], []],
    [
      'when only the compiler has run since',
      [
        ['packages/server/dist/.tsbuildinfo', 9],
        [PROGRAM, 5],
        ['packages/protocol/dist/.tsbuildinfo', 1],
      ],
      ['server'],
    ],
  ])('%s', (_, files, expected) => {
    for (const [path, secondsAgo] of files) write(path, secondsAgo);
    expect(stalePackages(root)).toEqual(expected);
  });

  test('when a source was removed', () => {
    write('packages/server/src/a.ts', 9);
    write('packages/server/src/b.ts', 9);
    write('packages/server/dist/.tsbuildinfo', 5);
    rmSync(join(root, 'packages/server/src/b.ts'));
    expect(stalePackages(root)).toEqual(['server']);
  });
});

test('a build that changed nothing is remembered all the same', () => {
  write('packages/server/dist/.tsbuildinfo', 5);
  write('packages/server/src/a.test.ts', 1);
  // The bundler writes after the moment from which the build counts.
  write(PROGRAM, -1);
  markBuilt(root, stalePackages(root), Date.now());
  expect(stalePackages(root)).toEqual([]);
});

test.each([
  ['18.20.0', 'Parley needs Node 20.19 or newer; this is 18.20.0'],
  ['20.18.9', 'Parley needs Node 20.19 or newer; this is 20.18.9'],
  ['20.19.0', ''],
  ['24.0.0', ''],
])('Node %s is told: %s', (version, expected) => {
  write('package.json', 0);
  expect(tooOld(version, join(root, 'package.json'))).toBe(expected);
});
