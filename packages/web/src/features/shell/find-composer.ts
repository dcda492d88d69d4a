/** The field to write in that is nearest: that of the pane around `from`, else that of the conversation. */
export function findComposer(from: Element | null = null): HTMLElement | null {
  const field = '.composer textarea';
  return from?.closest('.pane')?.querySelector<HTMLElement>(field) ?? document.querySelector<HTMLElement>(field);
}
