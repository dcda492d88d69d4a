/** Longest name in bytes: what every file system takes, with room for a "(1)". */
const MAX_BYTES = 200;
// Controls and line separators break headers and terminals; bidi marks and invisible ones make `exe.png` of `gnp.exe`.
const HIDDEN = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
const RESERVED = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;

/** Makes a name that any system can save under and that looks like what it is; never empty. */
export function cleanFileName(given: string): string {
  const last = given.normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  const plain = last
    .replace(HIDDEN, '')
    .replace(/[<>:"|?*]/g, '_')
    .trim();
  const cut = shorten(trimEnds(plain));
  const name = trimEnds(cut);
  if (name === '') return 'file';
  return RESERVED.test(name) ? `_${name}` : name;
}

/** Dots at the start hide a file, dots and spaces at the end are dropped by some systems. */
function trimEnds(name: string): string {
  let start = 0;
  let end = name.length;
  while (start < end && (name[start] === '.' || name[start] === ' ')) start += 1;
  while (end > start && (name[end - 1] === '.' || name[end - 1] === ' ')) end -= 1;
  return name.slice(start, end);
}

/** Cuts the stem and keeps the extension. */
function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_BYTES) return name;
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot <= 16 ? name.slice(dot) : '';
  const room = MAX_BYTES - Buffer.byteLength(extension);
  let stem = '';
  for (const character of name) {
    if (Buffer.byteLength(stem + character) > room) break;
    stem += character;
  }
  return stem + extension;
}

/** The `Content-Disposition` of a file, with a plain name for old readers and the real one beside it. */
export function contentDisposition(kind: 'inline' | 'attachment', name: string): string {
  const plain = name.replaceAll(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(name).replaceAll(/['()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
  return `${kind}; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
