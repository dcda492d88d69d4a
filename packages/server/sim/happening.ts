import type { Break } from './connection.ts';

/** What users do. Numbers name a client, a channel or a user by its place; `pick` chooses among what is there at that time. */
export type Deed =
  | {
      readonly kind: 'send';
      readonly client: number;
      readonly channel: number;
      readonly count: number;
      readonly mentions: boolean;
    }
  | {
      readonly kind: 'reply' | 'edit' | 'delete' | 'react' | 'page' | 'read';
      readonly client: number;
      readonly channel: number;
    }
  | { readonly kind: 'kick' | 'invite'; readonly client: number; readonly channel: number; readonly user: number }
  | { readonly kind: 'leave' | 'join'; readonly client: number; readonly channel: number }
  /** Far more at once than the rate limit lets through. */
  | { readonly kind: 'flood'; readonly client: number; readonly channel: number; readonly count: number }
  | { readonly kind: 'restart'; readonly client: number };

/** What goes wrong. Those with a duration end by themselves. */
export type Fault =
  | { readonly kind: 'cut'; readonly client: number; readonly how: Break }
  | { readonly kind: 'deafen'; readonly client: number; readonly direction: 'up' | 'down' }
  | { readonly kind: 'outage'; readonly client: number; readonly how: 'refuse' | 'swallow'; readonly forMs: number }
  | {
      readonly kind: 'lag';
      readonly client: number;
      readonly lowMs: number;
      readonly highMs: number;
      readonly forMs: number;
    }
  | { readonly kind: 'trickle'; readonly client: number; readonly rate: number; readonly forMs: number }
  | { readonly kind: 'crash'; readonly node: number; readonly isTold: boolean; readonly forMs: number }
  | { readonly kind: 'drain'; readonly node: number; readonly forMs: number }
  | { readonly kind: 'database-crash'; readonly forMs: number }
  | { readonly kind: 'database-break'; readonly node: number; readonly isServerTold: boolean }
  | {
      readonly kind: 'database-outage';
      readonly node: number;
      readonly how: 'refuse' | 'swallow';
      readonly forMs: number;
    }
  | { readonly kind: 'database-mute'; readonly node: number; readonly forMs: number }
  | {
      readonly kind: 'database-lag';
      readonly node: number;
      readonly lowMs: number;
      readonly highMs: number;
      readonly forMs: number;
    }
  | { readonly kind: 'database-disk'; readonly lowMs: number; readonly highMs: number; readonly forMs: number }
  | {
      readonly kind: 'bus-trouble';
      readonly loss: number;
      readonly double: number;
      readonly late: number;
      readonly forMs: number;
    }
  | { readonly kind: 'bus-away'; readonly forMs: number }
  | { readonly kind: 'bus-cut'; readonly node: number; readonly forMs: number }
  | { readonly kind: 'redis-crash'; readonly loses: boolean; readonly forMs: number }
  | { readonly kind: 'redis-stall'; readonly forMs: number }
  | { readonly kind: 'redis-flush' }
  | { readonly kind: 'redis-deaf'; readonly share: number }
  | { readonly kind: 'redis-break' }
  | { readonly kind: 'redis-outage'; readonly node: number; readonly how: 'refuse' | 'swallow'; readonly forMs: number }
  | { readonly kind: 'redis-mute'; readonly node: number; readonly forMs: number }
  | {
      readonly kind: 'redis-lag';
      readonly node: number;
      readonly lowMs: number;
      readonly highMs: number;
      readonly forMs: number;
    }
  /** Nobody can connect for so long that every client is at its longest wait. */
  | { readonly kind: 'blackout'; readonly forMs: number }
  | { readonly kind: 'node-clock'; readonly node: number; readonly byMs: number }
  | { readonly kind: 'client-clock'; readonly client: number; readonly byMs: number };

export type Happening = { readonly atMs: number } & (Deed | Fault);

/** How large a world is. */
export interface Shape {
  /** What joins the nodes: a model of a bus that keeps only what a bus promises, or the real one on a model of Redis. */
  readonly cluster: 'model' | 'redis';
  readonly queue: 'overflow' | 'always';
  /** Changes that the cache of recent messages keeps of each channel; 0, and in plans of old, none. */
  readonly cached?: number;
  readonly nodes: number;
  readonly users: number;
  readonly clients: number;
  readonly channels: number;
  readonly durationMs: number;
  readonly deeds: number;
  readonly faults: number;
}

/** All that will happen in one run, written down before it begins; leaving parts out gives another, smaller run. */
export interface Plan {
  readonly shape: Shape;
  readonly happenings: readonly Happening[];
}

const DEEDS: ReadonlySet<string> = new Set([
  'send',
  'reply',
  'edit',
  'delete',
  'react',
  'page',
  'read',
  'kick',
  'invite',
  'leave',
  'join',
  'flood',
  'restart',
]);

export function isFault(happening: Happening): boolean {
  return !DEEDS.has(happening.kind);
}
