import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';

/** Makes a key that signs, as Standard Webhooks write it. */
export function makeSigningSecret(): string {
  return PREFIX + randomBytes(32).toString('base64');
}

/** The headers by which the receiver knows that it is us, that it is now, and which message it is. */
export function signedHeaders(
  secret: string,
  { messageId, body }: { readonly messageId: string; readonly body: string },
  nowMs: number,
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${messageId}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': messageId, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
