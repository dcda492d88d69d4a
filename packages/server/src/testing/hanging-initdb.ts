import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseAccount } from '../embedded/account.ts';
import { findBinaries } from '../embedded/binaries.ts';

/** Programs of PostgreSQL whose `initdb` does its work and then never ends. */
export interface HangingInitdb {
  readonly binDir: string;
  /** The process that hangs in `dataDir`, as soon as it does. */
  pid(dataDir: string): number | undefined;
}

const MARK = 'half-done';

/** Makes such programs below `base`, for tests that have to interrupt a first start at a known moment. */
export function makeHangingInitdb(base: string): HangingInitdb {
  const real = findBinaries({ account: chooseAccount(join(base, 'none')), dataDir: base }).binDir;
  const binDir = join(base, 'hanging');
  mkdirSync(binDir);
  chmodSync(base, 0o755);
  symlinkSync(join(real, 'postgres'), join(binDir, 'postgres'));
  // The second argument is the directory, as this process has to call it.
  const script = `#!/bin/sh\n"${real}/initdb" "$@" && echo $$ > "$2/${MARK}" && exec sleep 600\n`;
  writeFileSync(join(binDir, 'initdb'), script, { mode: 0o755 });
  return { binDir, pid: (dataDir) => readMark(dataDir) };
}

function readMark(dataDir: string): number | undefined {
  const marks = existsSync(dataDir) ? readdirSync(dataDir).map((name) => join(dataDir, name, MARK)) : [];
  const mark = marks.find((path) => existsSync(path));
  const pid = Number.parseInt(mark === undefined ? '' : readFileSync(mark, 'utf8'), 10);
  return Number.isNaN(pid) ? undefined : pid;
}
