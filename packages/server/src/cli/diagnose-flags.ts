import { type DeclaredFlag, FLAGS } from '../flags/declared.ts';
import { type Finding, warning, well } from './diagnosis.ts';

/** Feature flags whose day has come: this version still asks them, though they were to be decided. */
export function diagnoseFlags(
  nowMs: number,
  flags: Readonly<Record<string, Pick<DeclaredFlag, 'owner' | 'until'>>> = FLAGS,
): Finding {
  const all = Object.entries(flags);
  const overdue = all.filter(([, { until }]) => Date.parse(until) <= nowMs);
  if (overdue.length === 0) return well('flags', `${all.length}, none past its date`);
  const named = overdue.map(([name, { owner, until }]) => `${name} (of ${owner}, by ${until})`);
  return warning(
    'flags',
    `to be decided long since: ${named.join(', ')}`,
    'Use a newer version, in which they are decided; until then `parley flag list` says what holds.',
  );
}
