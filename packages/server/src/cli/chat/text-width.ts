const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colour codes begin with ESC.
const COLOUR_CODE = /\u001b\[[0-9;]*m/g;

const segmenter = new Intl.Segmenter();

/** How many columns a terminal takes for one line of text; colour codes take none. */
export function textWidth(text: string): number {
  let width = 0;
  for (const { segment } of segmenter.segment(text.replace(COLOUR_CODE, ''))) {
    width += WIDE.test(segment) ? 2 : ZERO_WIDTH.test(segment) && segment.length === 1 ? 0 : 1;
  }
  return width;
}

/** How many rows of `columns` a text takes, its own line feeds included. */
export function rowsOf(text: string, columns: number): number {
  let rows = 0;
  for (const line of text.split('\n')) rows += Math.max(1, Math.ceil(textWidth(line) / Math.max(1, columns)));
  return rows;
}
