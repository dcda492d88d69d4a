/** The sign of the app. For eyes alone. */
export function Logo({ size = 28 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 64 64" aria-hidden="true" className="logo">
      <rect width="64" height="64" rx="16" className="logo-back" />
      <path
        className="logo-bubble"
        d="M18 13h28a8 8 0 0 1 8 8v18a8 8 0 0 1-8 8H31.5L21.6 55.2A1.6 1.6 0 0 1 19 54v-7h-1a8 8 0 0 1-8-8V21a8 8 0 0 1 8-8Z"
      />
      <path className="logo-ticks" d="m19 31 6 6 12.5-13M32 35.5l2 1.9L46 24.6" />
    </svg>
  );
}
