import type { AuditLog } from '../audit/audit-log.ts';
import type { Trends } from '../trends/trends.ts';
import type { Operators } from '../users/operators.ts';
import type { CommandContext, Handlers } from './handler.ts';

export interface MonitoringRooms {
  readonly operators: Operators;
  readonly trends: Trends;
  readonly auditLog: AuditLog;
}

type MonitoringNames = 'metrics.live' | 'metrics.history' | 'metrics.usage' | 'metrics.errors' | 'audit.list';

/** How the server does, and who did what: for operators alone. */
export function monitoringHandlers({ operators, trends, auditLog }: MonitoringRooms): Pick<Handlers, MonitoringNames> {
  const demand = ({ actor }: CommandContext, task: string) => operators.demand(actor.userId, task);
  return {
    'metrics.live': async (_input, context) => {
      await demand(context, 'read the metrics');
      return trends.live();
    },
    'metrics.history': async (input, context) => {
      await demand(context, 'read the metrics');
      return trends.history(input);
    },
    'metrics.usage': async (input, context) => {
      await demand(context, 'read the metrics');
      return trends.usage(input);
    },
    'metrics.errors': async (input, context) => {
      await demand(context, 'read the metrics');
      return trends.errors(input);
    },
    'audit.list': async (input, context) => {
      await demand(context, 'read the audit log');
      return auditLog.page(input);
    },
  };
}
