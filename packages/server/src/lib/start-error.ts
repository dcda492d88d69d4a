/** What a {@link StartError} is made of. */
export interface StartErrorParts {
  /** Stable word for programs and tests, as `data_dir_in_use`. */
  readonly code: string;
  /** "unable to <do what>; <reason>". */
  readonly message: string;
  /** One sentence on what the operator can do. */
  readonly hint: string;
  readonly cause?: unknown;
}

/** A process could not start for a reason that the operator can act on; printed as message and hint, without a stack. */
export class StartError extends Error {
  readonly code: string;
  readonly hint: string;

  constructor({ code, message, hint, cause }: StartErrorParts) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StartError';
    this.code = code;
    this.hint = hint;
  }
}
