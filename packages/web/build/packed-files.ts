import { readdir, readFile, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

/** Other kinds are compressed already. */
const KINDS: ReadonlySet<string> = new Set(['.html', '.js', '.css', '.json', '.webmanifest', '.svg']);
/** Below this a compressed answer is no smaller on the wire. */
const MIN_BYTES = 512;

/** Writes each file that gets smaller by it packed beside itself, as small as can be: whoever serves it would do no better, and late. */
export function packedFiles(): Plugin {
  return {
    name: 'parley-packed-files',
    apply: 'build',
    // On the disk are also the files that were only copied.
    async writeBundle({ dir = '' }) {
      const entries = await readdir(dir, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile() && KINDS.has(extname(entry.name)));
      await Promise.all(files.map(({ parentPath, name }) => pack(join(parentPath, name))));
    },
  };
}

async function pack(path: string): Promise<void> {
  const plain = await readFile(path);
  if (plain.length < MIN_BYTES) return;
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
  await writeFile(`${path}.br`, await promisify(brotliCompress)(plain, { params }));
  await writeFile(`${path}.gz`, await promisify(gzip)(plain, { level: constants.Z_BEST_COMPRESSION }));
}
