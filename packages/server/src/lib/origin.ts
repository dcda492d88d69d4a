/** Checks an `Origin` header: absent (not a browser), the server's own, or listed; never by substring. */
export function isOriginAllowed(
  origin: string | undefined,
  host: string | undefined,
  allowed: ReadonlySet<string>,
): boolean {
  if (origin === undefined) return true;
  if (allowed.has(origin)) return true;
  const parsed = URL.canParse(origin) ? new URL(origin) : null;
  return parsed !== null && parsed.origin === origin && host !== undefined && parsed.host === host.toLowerCase();
}
