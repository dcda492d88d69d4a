import { describe, expect, test } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { Metrics } from './metrics.ts';

const parse = (text: string) =>
  new Map(
    text
      .split('\n')
      .filter((line) => line.startsWith('parley_'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );

describe('metrics', () => {
  test('[MET7] each message counts once in every leg of its road, and the legs make the whole', async () => {
    const metrics = new Metrics('test', new FakeClock());
    const entries = [{ acceptedAt: 1_000 }, { acceptedAt: 1_010 }, { acceptedAt: 1_012 }];
    metrics.committed(entries, 1_013);
    metrics.written(entries, 1_013, 4);
    const values = parse(await metrics.registry.metrics());
    const sums = ['commit', 'write', 'road'].map((leg) => values.get(`parley_message_${leg}_seconds_sum`));
    expect(sums.map((sum) => sum?.toFixed(6))).toEqual(['0.017000', '0.012000', '0.029000']);
    for (const leg of ['commit', 'write', 'road'])
      expect(values.get(`parley_message_${leg}_seconds_count`)).toBe(entries.length);
    expect(values.get('parley_message_commit_seconds_bucket{le="0.001"}')).toBe(1);
    expect(values.get('parley_message_commit_seconds_bucket{le="0.003"}')).toBe(2);
    expect(values.get('parley_message_commit_seconds_bucket{le="0.015"}')).toBe(3);
    expect(values.get('parley_message_commit_seconds_bucket{le="+Inf"}')).toBe(3);
    expect(values.get('parley_message_write_seconds_bucket{le="0.003"}')).toBe(0);
    expect(values.get('parley_message_write_seconds_bucket{le="0.004"}')).toBe(3);
    expect(metrics.minute({ connections: 0, users: 0 }).messages).toBe(3);
  });

  test('[MET7] what others count is read as it is, however often it is read', async () => {
    const metrics = new Metrics('test', new FakeClock());
    const asked: string[] = [];
    let bytes = 5;
    metrics.watch({
      connections: () => 0,
      connectsWaiting: () => 0,
      queue: () => ({ depth: 0, oldestAgeMs: 0 }),
      outboxes: () => ({ blocked: 0, bytes, writes: 0, droppedEphemeral: 0, slow: 0 }),
      outboxBytesWaiting: () => 7,
      behind: () => ({ rooms: 1, revs: 3 }),
      hub: () => ({ rooms: 0, users: 0 }),
      cache: () => ({ channels: 0, bytes: 0 }),
      pools: () => {
        asked.push('pools');
        return [];
      },
      receiptsWaiting: () => 0,
      searchLag: () => {
        asked.push('database');
        return Promise.reject(new Error('the database is away'));
      },
      backupAgeMs: () => Promise.resolve(Number.POSITIVE_INFINITY),
    });
    metrics.resumed('cache');
    metrics.lagged(3);
    metrics.loopDelayed(120);
    await metrics.registry.metrics();
    // A question that waits for its connection at that very moment would be taken for a pool that is exhausted.
    expect(asked).toEqual(['pools', 'database']);
    bytes = 9;
    const values = parse(await metrics.registry.metrics());
    expect(values.get('parley_outbox_bytes_total')).toBe(9);
    expect(values.get('parley_outbox_waiting_bytes')).toBe(7);
    expect(values.get('parley_revs_behind')).toBe(3);
    expect(values.get('parley_resumes_total{kind="cache"}')).toBe(1);
    expect(values.get('parley_bus_lag_seconds_count')).toBe(1);
    expect(values.get('parley_search_lag_changes')).toBeNaN();
    expect(await metrics.registry.metrics()).toContain('parley_backup_last_verified_age_seconds +Inf\n');
    expect(values.get('parley_backups_total{outcome="failed"}')).toBe(0);
    expect(values.get('parley_event_loop_delay_seconds_bucket{le="0.1"}')).toBe(0);
    expect(values.get('parley_event_loop_delay_seconds_bucket{le="0.25"}')).toBe(1);
  });
});
