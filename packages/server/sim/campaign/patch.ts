/** One change of a source text: `find` must stand in the file exactly once. */
export interface Patch {
  /** From the root of the checkout. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** The text with the patch put in; throws when it does not fit, so that a patch never quietly does nothing. */
export function patched(text: string, { file, find, replace }: Patch): string {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${file} holds ${parts.length - 1} times: ${find}`);
  return parts.join(replace);
}
