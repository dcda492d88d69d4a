import { readFileSync } from 'node:fs';
import { downFrames, upFrames } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { fillTables, PAGES } from './docs.ts';

describe('the documentation', () => {
  test.each(PAGES)('%s holds the tables that the code makes: `npm run docs` writes them', (path) => {
    const page = readFileSync(path, 'utf8');
    expect(page).toContain('<!-- table:');
    expect(fillTables(page)).toBe(page);
  });

  test('the protocol page explains every frame', () => {
    const page = readFileSync('docs/protocol.md', 'utf8');
    for (const name of [...Object.keys(upFrames), ...Object.keys(downFrames)])
      expect(page, name).toContain(`### \`${name}\``);
  });
});
