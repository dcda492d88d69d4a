/** What a check of the doctor found. A warning does not keep the server from working; a failure does, or puts data at risk. */
export interface Finding {
  readonly check: string;
  readonly result: 'ok' | 'warning' | 'FAILED';
  readonly found: string;
  /** What to do, unless all is well. */
  readonly advice?: string;
}

/** All is well. */
export function well(check: string, found: string): Finding {
  return { check, result: 'ok', found };
}

/** Works, and could soon not. */
export function warning(check: string, found: string, advice: string): Finding {
  return { check, result: 'warning', found, advice };
}

/** Does not work. */
export function failed(check: string, found: string, advice: string): Finding {
  return { check, result: 'FAILED', found, advice };
}
