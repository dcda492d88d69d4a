const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** A number of bytes as people read it: `1.4 MB`. */
export function fileSize(bytes: number, language: string): string {
  const step = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  const unit = UNITS[step] ?? 'byte';
  const format = new Intl.NumberFormat(language, {
    style: 'unit',
    unit,
    // `18 byte` is what the short form makes of bytes.
    unitDisplay: unit === 'byte' ? 'narrow' : 'short',
    maximumFractionDigits: 1,
  });
  return format.format(bytes / 1_000 ** step);
}
