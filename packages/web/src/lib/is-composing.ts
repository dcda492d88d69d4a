/** What browsers say of every key that goes to an input method. */
const TO_INPUT_METHOD = 229;

/**
 * True for a key that is part of writing a word, such as a Chinese or Japanese one, and means nothing else. Safari ends the word before
 * it tells of the Enter that ended it: of that one only the code is left.
 */
export function isComposing(event: Pick<KeyboardEvent, 'isComposing' | 'keyCode'>): boolean {
  return event.isComposing || event.keyCode === TO_INPUT_METHOD;
}
