import { createHash } from 'node:crypto';

/** A Lua script, with the hash by which Redis knows it once it has run. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/** All keys of a script are in one slot: it gets exactly one, or such as share a hash tag. */
export function defineScript(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}
