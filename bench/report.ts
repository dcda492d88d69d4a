import type { BenchResult, Row } from './bench.ts';

/** A figure as people read it: three digits that matter, thousands apart. */
export function formatFigure(value: Row[string] | undefined): string {
  if (value === null || value === undefined) return '-';
  if (typeof value !== 'number') return String(value);
  if (!Number.isFinite(value)) return '-';
  const size = Math.abs(value);
  if (size >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  if (size >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en');
  return value.toPrecision(size < 0.001 ? 1 : 3);
}

/** Rows as a Markdown table, numbers to the right; each column any row has. */
export function formatTable(rows: Row[]): string {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const isNumeric = (column: string): boolean => rows.every((row) => typeof row[column] !== 'string');
  const cells = rows.map((row) => columns.map((column) => formatFigure(row[column])));
  const widths = columns.map((column, i) => Math.max(3, column.length, ...cells.map((line) => line[i]?.length ?? 0)));
  const pad = (text: string, i: number): string =>
    isNumeric(columns[i] ?? '') ? text.padStart(widths[i] ?? 0) : text.padEnd(widths[i] ?? 0);
  const line = (texts: string[]): string => `| ${texts.map(pad).join(' | ')} |`;
  const rule = columns.map((column, i) =>
    isNumeric(column) ? `${'-'.repeat((widths[i] ?? 3) - 1)}:` : '-'.repeat(widths[i] ?? 3),
  );
  return [line(columns), `| ${rule.join(' | ')} |`, ...cells.map(line)].join('\n');
}

/** A whole result as text. */
export function formatResult(result: BenchResult): string {
  const { cpu, cores, kernel, node } = result.machine;
  const ratios = Object.entries(result.ratios).map(([ratio, value]) => ({ ratio, value }));
  const budgets = result.budgets.map(({ name, value, budget, met }) => ({
    budget: name,
    value,
    bound: budget,
    met: met ? 'yes' : 'NO',
  }));
  return [
    `## ${result.bench}`,
    `${result.at}, ${cores} x ${cpu}, kernel ${kernel}, Node ${node}`,
    formatTable(result.rows),
    ...(ratios.length > 0 ? [formatTable(ratios)] : []),
    ...(budgets.length > 0 ? [formatTable(budgets)] : []),
  ].join('\n\n');
}

/** Every budget of several results as one table, with how many are met. */
export function formatBudgets(results: BenchResult[]): string {
  const all = results.flatMap(({ bench, budgets }) => budgets.map((budget) => ({ bench, ...budget })));
  const met = all.filter((budget) => budget.met).length;
  const rows = all.map(({ bench, name, value, budget, met: isMet }) => ({
    bench,
    budget: name,
    value,
    bound: budget,
    met: isMet ? 'yes' : 'NO',
  }));
  return [`## Budgets: ${met} of ${all.length} met`, formatTable(rows)].join('\n\n');
}
