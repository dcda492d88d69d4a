/** Tells the person who waits what is going on. */
export interface Show {
  /** Another thing begins. */
  phase(text: string): void;
  /** How far it has got. */
  progress(text: string): void;
  /** A line that stays. */
  note(text: string): void;
}
