import { type MessageId, makeUuid, OPERATIONS } from '@parley/protocol';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { type CommandPorts, runCommand } from '../commands/run-command.ts';
import { AppError } from '../lib/app-error.ts';
import { demandVerdict, type RateLimiter } from '../rate-limit/rate-limiter.ts';
import { toldError } from '../storage/told-error.ts';
import type { Actor } from '../users/actor.ts';
import { bodyOf, slackPayload } from '../webhooks/slack-payload.ts';
import { HOOKS_PATH, type Webhooks } from '../webhooks/webhooks.ts';
import type { HttpPorts } from './http-ports.ts';

const MAX_PAYLOAD_BYTES = 131_072;

/** Codes of ours in the words that Slack's clients know; with the statuses that Slack has for them. */
const SLACK_WORDS: Readonly<Record<string, readonly [status: number, word: string]>> = {
  archived: [410, 'channel_is_archived'],
  forbidden: [403, 'action_prohibited'],
  banned: [403, 'action_prohibited'],
  not_found: [404, 'channel_not_found'],
  rate_limited: [429, 'rate_limited'],
  bad_request: [400, 'invalid_payload'],
  bad_text: [400, 'invalid_payload'],
};

/** For what was counted before it was read. */
const COUNTED: RateLimiter = { take: () => ({ allowed: true }) };

/**
 * `POST /hooks/<id>/<secret>`: takes what Slack's incoming webhooks take, and answers as they do, so that whatever posts
 * to Slack posts here unchanged. The message goes the way of every other.
 */
export function serveHooks(app: FastifyInstance, ports: HttpPorts, webhooks: Webhooks): void {
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    // Slack takes JSON, and a form with JSON in its field `payload`, under whatever type it is sent.
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: MAX_PAYLOAD_BYTES }, (_request, body, parsed) =>
      parsed(null, body),
    );
    scope.post<{ Params: { id: string; secret: string } }>(`${HOOKS_PATH}/:id/:secret`, async (request, reply) => {
      void reply.type('text/plain; charset=utf-8');
      const address = ports.addressOf(request.raw);
      const hook = await webhooks.findIncoming(request.params.id, request.params.secret);
      if (hook === null) return answer(reply, 403, 'invalid_token');
      if (hook.state !== 'active') return answer(reply, 404, 'no_active_hooks');
      const actor = actorOf(hook.botId, request.params.id, address);
      try {
        await count(ports.commands, actor);
        const payload = slackPayload.safeParse(payloadOf(request.body));
        if (!payload.success) return answer(reply, 400, 'invalid_payload');
        const body = bodyOf(payload.data);
        if (body === '') return answer(reply, 400, 'no_text');
        const message = { channelId: hook.channelId, id: makeUuid() as MessageId, body };
        await runCommand({ ...ports.commands, limiter: COUNTED }, 'message.send', message, { actor, subscriber: null });
        return answer(reply, 200, 'ok');
      } catch (error) {
        return answerError(ports, reply, error);
      }
    });
    done();
  });
}

/** A payload is larger than any message and takes longer to read, so whoever posts too much is refused before. */
async function count({ limiter, factorOf }: CommandPorts, actor: Actor): Promise<void> {
  const { policy } = OPERATIONS['message.send'];
  demandVerdict(await limiter.take(policy, actor.userId, factorOf(actor)), 'message.send');
}

function actorOf(userId: Actor['userId'], credentialId: string, address: string): Actor {
  return {
    userId,
    serverRole: 'member',
    kind: 'bot',
    credentialId,
    credential: 'key',
    scopes: ['write'],
    address,
    expiresAt: null,
  };
}

function payloadOf(body: unknown): unknown {
  const text = typeof body === 'string' ? body : '';
  try {
    return JSON.parse(text.trimStart().startsWith('{') ? text : (new URLSearchParams(text).get('payload') ?? ''));
  } catch {
    return null;
  }
}

function answerError(ports: HttpPorts, reply: FastifyReply, error: unknown): FastifyReply {
  const told = toldError(error);
  if (!(error instanceof AppError)) ports.logger.error({ err: error }, 'a webhook met a fault');
  const [status, word] = SLACK_WORDS[told.code] ?? [told.retryable ? 503 : 500, 'service_unavailable'];
  const { retryAfterMs } = told;
  if (retryAfterMs !== undefined) void reply.header('retry-after', Math.max(1, Math.ceil(retryAfterMs / 1_000)));
  return answer(reply, status, word);
}

function answer(reply: FastifyReply, status: number, word: string): FastifyReply {
  return reply.code(status).send(word);
}
