import { Readable } from 'node:stream';
import { auditFilter } from '@parley/protocol';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { EXPORT_TYPES, exportOf } from '../audit/audit-export.ts';
import type { AuditLog } from '../audit/audit-log.ts';
import { parseInput } from '../commands/run-command.ts';
import { AppError } from '../lib/app-error.ts';
import { demandVerdict } from '../rate-limit/rate-limiter.ts';
import { Operators } from '../users/operators.ts';
import type { HttpPorts } from './http-ports.ts';
import { actorOf } from './operation-routes.ts';

const exportQuery = z.strictObject({ ...auditFilter, format: z.enum(['csv', 'ndjson']).default('csv') });

/** `GET /v1/audit/export`: all that a filter selects, as a file that is written while it is read. */
export function serveAuditExport(app: FastifyInstance, ports: HttpPorts, auditLog: AuditLog): void {
  const operators = new Operators(ports.db);
  app.get('/v1/audit/export', async (request, reply) => {
    const actor = await actorOf(ports, request);
    if (actor.scopes !== null && !actor.scopes.includes('admin')) {
      throw new AppError('scope_missing', 'unable to export the audit log; the key lacks the scope admin');
    }
    demandVerdict(await ports.commands.limiter.take('read', actor.userId, ports.commands.factorOf(actor)), 'export');
    await operators.demand(actor.userId, 'export the audit log');
    const { format, ...filter } = parseInput(exportQuery, request.query);
    void reply.headers({
      'content-type': EXPORT_TYPES[format],
      'content-disposition': `attachment; filename="parley-audit.${format}"`,
      'cache-control': 'no-store',
    });
    return reply.send(Readable.from(exportOf(auditLog.all(filter), format)));
  });
}
