import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Histogram } from 'prom-client';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../packages/server/src/lib/clock.ts';
import { Metrics } from '../packages/server/src/monitoring/metrics.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');
/** What Prometheus itself adds: a metric of the scrape, and labels. */
const PROMETHEUS = { metric: 'up', labels: ['job', 'instance', 'le'] };

interface Named {
  readonly name: string;
  readonly labels: readonly string[];
}

/** The metrics that an expression selects, with the labels it asks for; every selector of ours has braces. */
function selected(text: string): Named[] {
  return [...text.matchAll(/\b([a-z]\w*)\{([^}]*)\}/g)].map(([, name = '', labels = '']) => ({
    name,
    labels: [...labels.matchAll(/(\w+)(?:=~|!~|!=|=)/g)].map((match) => match[1] ?? ''),
  }));
}

/** Every series that a node has, by name: those of ours and the defaults of prom-client. */
function series(): Map<string, readonly string[]> {
  const metrics = new Metrics('test', systemClock);
  metrics.watch({
    connections: () => 0,
    connectsWaiting: () => 0,
    queue: () => ({ depth: 0, oldestAgeMs: 0 }),
    outboxes: () => ({ blocked: 0, bytes: 0, writes: 0, droppedEphemeral: 0, slow: 0 }),
    outboxBytesWaiting: () => 0,
    behind: () => ({ rooms: 0, revs: 0 }),
    hub: () => ({ rooms: 0, users: 0 }),
    cache: () => ({ channels: 0, bytes: 0 }),
    pools: () => [],
    receiptsWaiting: () => 0,
    searchLag: () => Promise.resolve(0),
    backupAgeMs: () => Promise.resolve(0),
  });
  const all = new Map<string, readonly string[]>();
  // The list is typed without what each metric has: its labels.
  for (const metric of metrics.registry.getMetricsAsArray() as unknown as MetricFacts[]) {
    const isHistogram = metric instanceof Histogram;
    for (const suffix of isHistogram ? ['_bucket', '_sum', '_count'] : ['']) {
      all.set(metric.name + suffix, metric.labelNames);
    }
  }
  return all;
}

interface MetricFacts {
  readonly name: string;
  readonly labelNames: readonly string[];
}

function unknownIn(text: string): string[] {
  const known = series();
  return selected(text).flatMap(({ name, labels }) => {
    if (name === PROMETHEUS.metric) return [];
    const own = known.get(name);
    if (own === undefined) return [name];
    return labels.filter((label) => !own.includes(label) && !PROMETHEUS.labels.includes(label));
  });
}

const rules = read('deploy/alerts.yml')
  .split(/^ {6}- alert: /m)
  .slice(1)
  .map((text) => ({ name: text.split('\n')[0] ?? '', text }));

describe('what an operator watches', () => {
  test('every alert asks for metrics and labels that a node has', () => {
    expect(rules.length).toBeGreaterThan(5);
    expect(rules.filter(({ text }) => selected(text).length === 0)).toEqual([]);
    expect(rules.flatMap(({ text }) => unknownIn(text))).toEqual([]);
  });

  test('so does every panel of the dashboard', () => {
    const { panels } = JSON.parse(read('deploy/grafana-dashboard.json')) as {
      panels: { targets: { expr: string }[] }[];
    };
    const asked = panels.map(({ targets }) => targets.map(({ expr }) => expr).join('\n'));
    expect(asked.filter((text) => selected(text).length === 0)).toEqual([]);
    expect(asked.flatMap(unknownIn)).toEqual([]);
  });

  test('every alert names its section of the runbook, and every section has its alert', () => {
    const runbook =
      read('docs/operations.md')
        .split(/^## Runbook$/m)[1]
        ?.split(/^## /m)[0] ?? '';
    const sections = [...runbook.matchAll(/^### (\w+)$/gm)].map((match) => match[1]);
    expect(sections).toEqual(rules.map(({ name }) => name));
    const named = rules.map(({ text }) => /^ +runbook: (\S+)$/m.exec(text)?.[1]);
    expect(named).toEqual(rules.map(({ name }) => `docs/operations.md#${name.toLowerCase()}`));
  });
});
