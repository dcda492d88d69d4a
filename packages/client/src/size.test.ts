import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const MAX_GZIPPED_BYTES = 18_000;

test('the core stays below 18 kB, gzipped, and needs nothing at run time but the constants of the protocol', async () => {
  const { outputFiles, metafile } = await build({
    stdin: {
      contents: "export { createClient, ParleyError } from './index.ts';",
      resolveDir: fileURLToPath(new URL('.', import.meta.url)),
    },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2023',
    conditions: ['source'],
  });
  const foreign = Object.keys(metafile.inputs).filter(
    (path) => !/packages\/(client|protocol)\/src\/|<stdin>/.test(path),
  );
  expect(foreign).toEqual([]);
  expect(gzipSync(outputFiles[0]?.contents ?? '', { level: 9 }).length).toBeLessThan(MAX_GZIPPED_BYTES);
});
