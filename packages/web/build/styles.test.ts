import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '..', 'src');

const paths = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).map((path) => join(SRC, path));
const texts = new Map(
  paths.filter((path) => /[.](?:css|tsx?)$/.test(path)).map((path) => [path, readFileSync(path, 'utf8')]),
);

/** A module and all that comes with it; what it fetches later does not. */
function withImports(path: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, name = ''] of (texts.get(path) ?? '').matchAll(/^(?:import|export)(?! type)[^;]*?'([.][^']+)';/gm)) {
    withImports(resolve(dirname(path), name), found);
  }
  return found;
}

function classesIn(path: string): string[] {
  const named = [...(texts.get(path) ?? '').matchAll(/className="([^"]+)"/g)];
  return named.flatMap(([, names = '']) => names.split(/\s+/));
}

function styledBy(modules: Iterable<string>): ReadonlySet<string> {
  const sheets = [...modules].filter((path) => path.endsWith('.css'));
  return new Set(
    sheets.flatMap((path) => [...(texts.get(path) ?? '').matchAll(/[.]([a-z][\w-]*)/g)].map(([, name = '']) => name)),
  );
}

test('what comes later brings its own styles', () => {
  const first = withImports(join(SRC, 'main.tsx'));
  const everything = styledBy(texts.keys());
  const later = [...texts].flatMap(([path, text]) =>
    [...text.matchAll(/import\('([.][^']+[.]tsx)'\)/g)].map(([, name = '']) => resolve(dirname(path), name)),
  );
  expect(later.length).toBeGreaterThan(10);
  const naked = later.flatMap((entry) => {
    const own = withImports(entry);
    const styled = styledBy([...first, ...own]);
    const lacking = [...own].flatMap(classesIn).filter((name) => everything.has(name) && !styled.has(name));
    return lacking.map((name) => `${entry.slice(SRC.length)}: ${name}`);
  });
  expect(naked).toEqual([]);
});
