/** The origins whose pages may use the server from elsewhere: those that are listed, and its own as people reach it. */
export function originsOf(settings: {
  readonly allowedOrigins: readonly string[];
  readonly publicUrl?: string | undefined;
}): ReadonlySet<string> {
  const { allowedOrigins, publicUrl } = settings;
  return new Set(publicUrl === undefined ? allowedOrigins : [...allowedOrigins, new URL(publicUrl).origin]);
}

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
