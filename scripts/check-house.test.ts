import { describe, expect, test } from 'vitest';
import { checkHouse, findCircles, PACKAGES, SERVER_ROOMS } from './check-house.js';

function errorsOf(files: Record<string, string>): string[] {
  return checkHouse(new Map(Object.entries(files))).errors;
}

function importing(target: string): string {
  return `import { x } from '${target}';\nexport const y = x;\n`;
}

const server = 'packages/server/src';

describe('packages', () => {
  test('go from client and server to protocol, and nowhere else', () => {
    expect(errorsOf({ [`${server}/lib/a.ts`]: importing('@parley/protocol') })).toEqual([]);
    expect(errorsOf({ 'packages/load-test/src/a.ts': importing('@parley/client') })).toEqual([]);
    expect(errorsOf({ 'packages/protocol/src/a.ts': importing('@parley/client') })).toEqual([
      'packages/protocol/src/a.ts: package protocol may not import client',
    ]);
  });

  test.each(['protocol', 'client', 'web', 'load-test'])('%s may not import the server', (name) => {
    expect(errorsOf({ [`packages/${name}/src/a.ts`]: `import type { x } from '@parley/server';\n` })).toHaveLength(1);
  });

  test('only the command line of the server may act as a client', () => {
    expect(errorsOf({ [`${server}/cli/token.ts`]: importing('@parley/client') })).toEqual([]);
    expect(errorsOf({ [`${server}/http/token.ts`]: importing('@parley/client') })).toEqual([
      `${server}/http/token.ts: package server may not import client`,
    ]);
  });

  test('are entered by their doors', () => {
    const path = 'packages/client/src/a.ts';
    expect(errorsOf({ [path]: importing('@parley/protocol/constants') })).toEqual([]);
    expect(errorsOf({ [path]: `import type { x } from '@parley/protocol/src/ids.ts';\n` })).toHaveLength(1);
    expect(errorsOf({ [path]: `import type { x } from '../../protocol/src/ids.ts';\n` })).toHaveLength(1);
  });

  test('the SDK has no run-time dependency', () => {
    const path = 'packages/client/src/a.ts';
    expect(errorsOf({ [path]: `import type { Frame } from '@parley/protocol';\n` })).toEqual([]);
    expect(errorsOf({ [path]: importing('@parley/protocol') })).toEqual([
      `${path}: the SDK may import @parley/protocol as a type only`,
    ]);
    expect(errorsOf({ [path]: `export const load = () => import('zod');\n` })).toHaveLength(1);
  });
});

describe('rooms of the server', () => {
  test.each([
    ['forward along the road', 'session/dispatch.ts', '../commands/send-message.ts', true],
    ['backward', 'commands/send-message.ts', '../session/dispatch.ts', false],
    ['into the house', 'outbox/outbox.ts', '../lib/clock.ts', true],
    ['from the house', 'lib/clock.ts', '../monitoring/metrics.ts', false],
    ['within a room', 'queue/redis-queue.ts', './message-queue.ts', true],
    ['from a state room to a socket', 'channels/members.ts', '../gateway/websocket-gateway.ts', false],
    ['from REST to a command', 'http/routes/messages.ts', '../../commands/send-message.ts', true],
    ['from REST to the hub', 'http/routes/messages.ts', '../../hub/hub.ts', false],
    ['from the composition root', 'app.ts', './gateway/websocket-gateway.ts', true],
    ['to the composition root', 'gateway/websocket-gateway.ts', '../app.ts', false],
    ['to the helpers of tests', 'writer/writer.ts', '../testing/test-database.ts', false],
    ['from a test to anywhere', 'queue/queue.pg.test.ts', '../gateway/websocket-gateway.ts', true],
  ])('%s: %s imports %s', (_, path, target, isAllowed) => {
    const errors = errorsOf({ [`${server}/${path}`]: importing(target) });
    expect(errors.map((error) => error.split(':')[0])).toEqual(isAllowed ? [] : [`${server}/${path}`]);
  });

  test('a room that the table does not know is told', () => {
    expect(errorsOf({ [`${server}/attic/box.ts`]: 'export const box = 1;\n' })).toEqual([
      `${server}/attic/box.ts: room "attic" has no line in scripts/check-house.js`,
    ]);
  });

  test.each([
    ['a type', `import type { x } from '../session/session.ts';`],
    ['several lines', `import {\n  x,\n  y,\n} from '../session/session.ts';`],
    ['a re-export', `export { x } from '../session/session.ts';\nexport const y = 1;`],
    ['for its effects', `import '../session/session.ts';`],
    ['at run time', `export const load = () => import('../session/session.ts');`],
  ])('an import is seen as %s', (_, text) => {
    expect(errorsOf({ [`${server}/queue/a.ts`]: `${text}\n` })).toEqual([
      `${server}/queue/a.ts: room queue may not import session`,
    ]);
  });

  test('an import in a comment is none', () => {
    const text = `/**\n * import { x } from '../session/session.ts';\n */\nexport const y = 1;\n`;
    expect(errorsOf({ [`${server}/queue/a.ts`]: text })).toEqual([]);
  });

  test.each([
    ['rooms', SERVER_ROOMS],
    ['packages', PACKAGES],
  ])('the table of %s leads in no circle and names only what it has', (_, table) => {
    const known = Object.keys(table);
    expect(
      Object.values(table)
        .flat()
        .filter((name) => !known.includes(name)),
    ).toEqual([]);
    const edges = Object.entries(table).map(([from, to]): [string, { target: string; isType: boolean }[]] => [
      from,
      to.map((target) => ({ target, isType: false })),
    ]);
    expect(findCircles(new Map(edges))).toEqual([]);
  });
});

describe('files', () => {
  test('a circle is told once, with its way', () => {
    const errors = errorsOf({
      [`${server}/lib/a.ts`]: importing('./b.ts'),
      [`${server}/lib/b.ts`]: importing('./c.ts'),
      [`${server}/lib/c.ts`]: importing('./a.ts'),
    });
    const way = ['a', 'b', 'c', 'a'].map((name) => `${server}/lib/${name}.ts`).join(' -> ');
    expect(errors).toEqual([`${server}/lib/a.ts: imports itself in a circle: ${way}`]);
  });

  test('two ways to one file are no circle', () => {
    const files = {
      [`${server}/lib/a.ts`]: importing('./b.ts') + importing('./c.ts'),
      [`${server}/lib/b.ts`]: importing('./c.ts'),
      [`${server}/lib/c.ts`]: 'export const x = 1;\n',
    };
    expect(errorsOf(files)).toEqual([]);
  });

  test.each([
    [300, 0, 0],
    [301, 1, 0],
    [500, 1, 0],
    [501, 0, 1],
  ])('of %i lines give %i warnings and %i errors', (lines, warnings, errors) => {
    const text = 'export {};\n'.repeat(lines);
    const found = checkHouse(new Map([['packages/client/src/long.ts', text]]));
    expect([found.warnings.length, found.errors.length]).toEqual([warnings, errors]);
    expect(checkHouse(new Map([['packages/client/src/long.test.ts', text]]))).toEqual({ errors: [], warnings: [] });
  });

  test('a barrel is refused, the door of a package is not', () => {
    const barrel = `// All of it.\nexport * from './ids.ts';\nexport { type Frame } from './frame.ts';\n`;
    expect(errorsOf({ 'packages/protocol/src/all.ts': barrel })).toHaveLength(1);
    expect(errorsOf({ 'packages/protocol/src/index.ts': barrel })).toEqual([]);
    expect(errorsOf({ 'packages/protocol/src/all.ts': `${barrel}export const x = 1;\n` })).toEqual([]);
  });
});
