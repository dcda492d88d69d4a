const NS_PER_MS = 1_000_000;

/** Milliseconds on the one clock that all processes of this machine share; only rises. */
export function nowMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1_000 + nanoseconds / NS_PER_MS;
}
