/** What the world itself saw go wrong, beside what the checker reads in the logs. */
export interface Trouble {
  /** The invariant of the catalogue that it breaks. */
  readonly invariant: keyof typeof TROUBLES;
  readonly text: string;
}

/** The invariants that only the world can see. */
export const TROUBLES = {
  I13: 'presence tells the truth in time',
  I14: 'no socket and no queue holds more than its bound, and what was given up is let go',
  I17: 'nothing is thrown that nobody expects',
  I18: 'everybody is connected and caught up in time after the last fault has ended',
  I21: 'nobody gets more past a rate limit than it allows, whatever is away',
  I22: 'those who come back do not all come at the same moment',
} as const;

/** Takes what somebody saw go wrong. */
export type Report = (invariant: Trouble['invariant'], text: string) => void;
