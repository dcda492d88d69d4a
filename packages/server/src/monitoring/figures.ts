/** Upper bounds of the latencies that are counted together, in milliseconds; the last count is of all above. */
export const LATENCY_BOUNDS_MS = [
  0.5, 1, 1.5, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300, 500, 1_000, 2_000, 5_000, 10_000, 30_000,
] as const;

/** What a node did in some time. Counts add up over time and over nodes, so that any two of these make a third. */
export interface Figures {
  /** Seconds that were watched. */
  readonly seconds: number;
  /** Most at a time. */
  readonly connections: number;
  readonly users: number;
  readonly queueDepth: number;
  readonly queueAgeMs: number;
  readonly loopDelayMs: number;
  readonly messages: number;
  readonly commands: number;
  readonly failed: number;
  readonly outboxBytes: number;
  readonly repairs: number;
  readonly slow: number;
  /** Committed messages by how long they took: one count for each of `LATENCY_BOUNDS_MS`, and one for all above. */
  readonly latency: readonly number[];
  /** Refusals and faults by `operation code`; both are lists that the code knows. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Nothing happened, in no time. */
export const NO_FIGURES: Figures = {
  seconds: 0,
  connections: 0,
  users: 0,
  queueDepth: 0,
  queueAgeMs: 0,
  loopDelayMs: 0,
  messages: 0,
  commands: 0,
  failed: 0,
  outboxBytes: 0,
  repairs: 0,
  slow: 0,
  latency: Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0),
  errors: {},
};

/** One node, first this, then that. */
export function afterEachOther(a: Figures, b: Figures): Figures {
  return {
    ...counted(a, b),
    seconds: a.seconds + b.seconds,
    connections: Math.max(a.connections, b.connections),
    users: Math.max(a.users, b.users),
    queueDepth: Math.max(a.queueDepth, b.queueDepth),
  };
}

/** Two nodes at the same time. */
export function sideBySide(a: Figures, b: Figures): Figures {
  return {
    ...counted(a, b),
    seconds: Math.max(a.seconds, b.seconds),
    connections: a.connections + b.connections,
    users: a.users + b.users,
    queueDepth: a.queueDepth + b.queueDepth,
  };
}

function counted(a: Figures, b: Figures) {
  const errors: Record<string, number> = { ...a.errors };
  for (const [name, count] of Object.entries(b.errors)) errors[name] = (errors[name] ?? 0) + count;
  return {
    messages: a.messages + b.messages,
    commands: a.commands + b.commands,
    failed: a.failed + b.failed,
    outboxBytes: a.outboxBytes + b.outboxBytes,
    repairs: a.repairs + b.repairs,
    slow: a.slow + b.slow,
    queueAgeMs: Math.max(a.queueAgeMs, b.queueAgeMs),
    loopDelayMs: Math.max(a.loopDelayMs, b.loopDelayMs),
    latency: NO_FIGURES.latency.map((_none, index) => (a.latency[index] ?? 0) + (b.latency[index] ?? 0)),
    errors,
  };
}

/** The index of the count that a latency belongs to. */
export function latencyIndex(latencyMs: number): number {
  const index = LATENCY_BOUNDS_MS.findIndex((bound) => latencyMs <= bound);
  return index < 0 ? LATENCY_BOUNDS_MS.length : index;
}

/** Milliseconds below which a share of the counted latencies lies, even within its bounds; 0 when there are none. */
export function percentile(counts: readonly number[], share: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let left = total * share;
  if (total === 0) return 0;
  for (const [index, count] of counts.entries()) {
    const [from = 0, to] = [LATENCY_BOUNDS_MS[index - 1], LATENCY_BOUNDS_MS[index]];
    if (to === undefined) return from;
    if (left <= count && count > 0) return from + (to - from) * (left / count);
    left -= count;
  }
  return 0;
}

/** The mission's four figures of what happened in some time. */
export function chatMetricsOf(figures: Figures) {
  const { seconds, connections, messages, commands, failed, latency } = figures;
  return {
    connections,
    messageRate: seconds === 0 ? 0 : messages / seconds,
    errorRate: commands === 0 ? 0 : failed / commands,
    latency: { p50: percentile(latency, 0.5), p95: percentile(latency, 0.95), p99: percentile(latency, 0.99) },
  };
}
