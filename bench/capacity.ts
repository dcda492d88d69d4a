import type { BenchResult, Row } from './bench.ts';

/** What an operator plans by: figures that the benches hold against their budgets, by what they mean for an installation. */
const FIGURES: readonly { readonly bench: string; readonly budget: RegExp; readonly what: string }[] = [
  {
    bench: 'send',
    budget: /^acknowledged sends per second$/,
    what: 'messages a second, committed and acknowledged',
  },
  {
    bench: 'latency',
    budget: /at \d+ msg\/s on one node, p99 ms$/,
    what: 'ms from due to delivered on one node, p99',
  },
  {
    bench: 'cluster',
    budget: /^delivered on another node, p99 ms$/,
    what: 'ms from sent to delivered on another node, p99',
  },
  { bench: 'sessions', budget: /^resident KiB/, what: 'KiB of memory for an idle session in 20 channels' },
  {
    bench: 'sessions',
    budget: /^the same, with messages missed$/,
    what: 'seconds until 10,000 sessions are back on one node, with messages missed',
  },
  { bench: 'storm', budget: /a node killed$/, what: 'ms until all sessions of a killed node are back on the others' },
  { bench: 'history', budget: /^page at any depth/, what: 'ms for a page of the history at any depth, p50' },
  { bench: 'search', budget: /^messages indexed per second$/, what: 'messages a second that become searchable' },
];

/** The capacity table of docs/operations.md; of a bench that did not run there is no line. */
export function capacityOf(results: readonly BenchResult[]): Row[] {
  return FIGURES.flatMap(({ bench, budget, what }) => {
    const found = results.find((result) => result.bench === bench)?.budgets.findLast(({ name }) => budget.test(name));
    return found === undefined ? [] : [{ what, measured: found.value, budget: found.budget, by: `bench -- ${bench}` }];
  });
}
