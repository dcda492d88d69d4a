// Chat inside a product that has its own users: `PARLEY_JWT_SECRET=<the server's secret> npx tsx examples/embed.ts`.
// The product's backend signs a short-lived token for the user who is signed in there; accounts appear by themselves.
import { createHmac } from 'node:crypto';
import { createClient } from '@parley/client';
import { WebSocket } from 'ws';

const url = process.env.PARLEY_URL ?? 'http://localhost:8080';
const secret = process.env.PARLEY_JWT_SECRET ?? '';

/** What the product's backend does: behind its own sign-in, never in a browser. */
function signToken(user: { id: string; name: string }): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  const nowS = Math.floor(Date.now() / 1_000);
  const claims = { sub: user.id, name: user.name, aud: 'parley', iat: nowS, exp: nowS + 300 };
  const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`;
}

/** What the product's page does; `token` would be `() => fetch('/my-chat-token').then((answer) => answer.text())`. */
async function openChat(user: { id: string; name: string }) {
  const client = createClient({ url, token: async () => signToken(user), WebSocket });
  await client.connect();
  return client;
}

const seller = await openChat({ id: 'shop-17', name: 'Corner Shop' });
const buyer = await openChat({ id: 'customer-4711', name: 'Ada' });
const shopId = seller.me.getSnapshot()?.id;
if (shopId === undefined) throw new Error('the seller is connected');

const conversation = await buyer.openDirect([shopId]);
const asked = new Promise<void>((resolve) => {
  seller.on('message', ({ message }) => {
    if (message.senderId === shopId) return;
    console.log(`Corner Shop reads: ${message.body}`);
    void seller
      .channel(message.channelId)
      .send('Yes, two left.')
      .then(() => resolve());
  });
});
await conversation.send('Is the blue one in stock?');
await asked;
await conversation.load();
for (const { body, status } of conversation.messages.getSnapshot().items) console.log(`${status}: ${body}`);
seller.close();
buyer.close();
