interface Change {
  readonly start: number;
  readonly end: number;
  readonly piece: string;
}

/** The part of a text that has to be replaced to make the other text of it. It splits no sign of two halves, such as an emoji. */
export function changeBetween(before: string, after: string): Change {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  if (/[\ud800-\udbff]/.test(before[start - 1] ?? '')) start -= 1;
  let kept = 0;
  while (kept < shorter - start && before.at(-1 - kept) === after.at(-1 - kept)) kept += 1;
  if (kept > 0 && /[\udc00-\udfff]/.test(before.at(-kept) ?? '')) kept -= 1;
  return { start, end: before.length - kept, piece: after.slice(start, after.length - kept) };
}

/** Makes another text of that in a field as if it were typed, so that the browser can undo it; false where it cannot be done so. */
export function typeText(area: HTMLTextAreaElement, value: string): boolean {
  area.focus();
  // The command is for whatever has the focus.
  if (document.activeElement !== area) return false;
  const { start, end, piece } = changeBetween(area.value, value);
  if (start === end && piece === '') return true;
  area.setSelectionRange(start, end);
  // Deprecated for its differences elsewhere, and the only way to a field's history.
  document.execCommand(piece === '' ? 'delete' : 'insertText', false, piece);
  return area.value === value;
}
