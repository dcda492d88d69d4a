import { z } from 'zod';
import { operation } from './operation.ts';
import { askedTimeMs, timeMs } from './scalars.ts';
import { nothing } from './user.ts';

const count = z.int().min(0);
const latency = z
  .strictObject({ p50: z.number(), p95: z.number(), p99: z.number() })
  .meta({ id: 'Latency', description: 'Milliseconds from accepted to committed.' });

export const chatMetrics = z
  .strictObject({
    connections: count.meta({ description: 'Open sockets.' }),
    messageRate: z.number().meta({ description: 'Committed messages per second.' }),
    errorRate: z.number().meta({ description: 'Share of commands answered with an error, 0 to 1.' }),
    latency,
  })
  .meta({ id: 'ChatMetrics' });
/** How a server does just now, or did during some time. */
export type ChatMetrics = z.infer<typeof chatMetrics>;

/** Lengths of the intervals of the history, in seconds. */
export const HISTORY_STEPS = { '10s': 10, '1min': 60, '1h': 3_600 } as const;
export type HistoryStep = keyof typeof HISTORY_STEPS;

export const metricsPoint = chatMetrics
  .extend({
    at: timeMs.meta({ description: 'Where the interval begins.' }),
    users: count.meta({ description: 'Most users with a socket at a time; one on two nodes counts twice.' }),
    messages: count,
    commands: count,
    failed: count.meta({ description: 'Commands answered with an error.' }),
    queueDepth: count.meta({ description: 'Most sends that waited at a time.' }),
    queueAgeMs: z.number().meta({ description: 'Longest that the oldest of them had waited.' }),
    loopDelayMs: z.number().meta({ description: 'Longest delay of the event loop, of all nodes.' }),
    outboxBytes: count.meta({ description: 'Bytes written to sockets.' }),
    repairs: count.meta({ description: 'Channels whose missing events were read from the database.' }),
    slow: count.meta({ description: 'Sockets cut because they did not take their data.' }),
  })
  .meta({ id: 'MetricsPoint' });
export type MetricsPoint = z.infer<typeof metricsPoint>;

export const nodeMetrics = chatMetrics
  .extend({ node: z.string(), at: timeMs, version: z.string() })
  .meta({ id: 'NodeMetrics', description: 'One server process; `at` is when it last told.' });
export type NodeMetrics = z.infer<typeof nodeMetrics>;

export const usageHour = z
  .strictObject({
    at: timeMs.meta({ description: 'Where the hour begins.' }),
    messages: count,
    users: count.meta({ description: 'Users who wrote.' }),
    channels: count.meta({ description: 'Channels in which somebody wrote, threads with their channel.' }),
  })
  .meta({ id: 'UsageHour' });
export type UsageHour = z.infer<typeof usageHour>;

export const errorPattern = z
  .strictObject({
    operation: z.string(),
    code: z.string(),
    count,
    firstAt: timeMs,
    lastAt: timeMs,
    trend: z.number().meta({ description: 'Share of them in the later half of the time; 0.5 is steady.' }),
  })
  .meta({ id: 'ErrorPattern' });
export type ErrorPattern = z.infer<typeof errorPattern>;

const span = {
  since: askedTimeMs.optional().meta({ description: 'Milliseconds since 1970; a day ago unless given.' }),
  until: askedTimeMs.optional().meta({ description: 'Now unless given.' }),
};

export const monitoringOperations = {
  'metrics.live': operation('metrics.live', {
    summary: 'How the server does just now: the last minute, all nodes together and each (server admins).',
    rest: 'GET /metrics/live',
    scope: 'admin',
    policy: 'read',
    input: nothing,
    output: z.strictObject({ at: timeMs, total: chatMetrics, nodes: z.array(nodeMetrics) }),
  }),
  'metrics.history': operation('metrics.history', {
    summary: 'How the server did, interval by interval, all nodes together or one (server admins).',
    rest: 'GET /metrics/history',
    scope: 'admin',
    policy: 'read',
    input: z.strictObject({
      ...span,
      step: z
        .enum(['10s', '1min', '1h'])
        .optional()
        .meta({ description: 'By default one that gives some hundred points.' }),
      node: z.string().max(64).optional(),
    }),
    output: z.strictObject({
      step: z.enum(['10s', '1min', '1h']),
      points: z.array(metricsPoint).meta({ description: 'By time; an interval in which no node ran is left out.' }),
    }),
  }),
  'metrics.usage': operation('metrics.usage', {
    summary: 'Messages, active users and active channels by hour (server admins).',
    rest: 'GET /metrics/usage',
    scope: 'admin',
    policy: 'read',
    input: z.strictObject(span),
    output: z.strictObject({ hours: z.array(usageHour) }),
  }),
  'metrics.errors': operation('metrics.errors', {
    summary: 'Which operations were answered with which errors, most frequent first (server admins).',
    rest: 'GET /metrics/errors',
    scope: 'admin',
    policy: 'read',
    input: z.strictObject(span),
    output: z.strictObject({ patterns: z.array(errorPattern) }),
  }),
};
