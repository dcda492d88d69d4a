import type { AuditEntryView } from '@parley/protocol';

export const EXPORT_TYPES = { csv: 'text/csv; charset=utf-8', ndjson: 'application/x-ndjson; charset=utf-8' } as const;
export type ExportFormat = keyof typeof EXPORT_TYPES;

const COLUMNS = ['at', 'actor', 'actorId', 'action', 'target', 'address', 'details'] as const;

/** The entries as a file: CSV with a head for people and spreadsheets, or a JSON object on each line for programs. */
export async function* exportOf(
  entries: AsyncIterable<AuditEntryView>,
  format: ExportFormat,
): AsyncGenerator<string, void, void> {
  if (format === 'csv') yield `${COLUMNS.join(',')}\r\n`;
  for await (const entry of entries) {
    const told = { ...entry, at: new Date(entry.at).toISOString() };
    if (format === 'ndjson') yield `${JSON.stringify(told)}\n`;
    else yield `${COLUMNS.map((column) => cellOf(told[column])).join(',')}\r\n`;
  }
}

/** A cell that no spreadsheet takes for a formula. */
function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
