import { ERROR_CODES, LIMITS, makeUuid } from '@parley/protocol';
import { SocketClient } from '../../packages/server/src/testing/socket-client.ts';
import type { HostileCase, HostileCategory } from './hostile-case.ts';
import type { Target } from './target.ts';

/** Sends frames on a socket with a session and waits until each has been answered, or the socket was closed in order. */
export async function sayAll(
  target: Target,
  frames: readonly (string | object)[],
  token?: string,
): Promise<SocketClient> {
  const client = await target.socket(token);
  for (const frame of frames) client.say(frame);
  const ref = 2_000_000_000;
  client.say({ t: 'me.get', ref, d: {} });
  const isLast = (answer: { readonly ref: number | null }) => answer.ref === ref;
  const done = (['ok', 'error'] as const).map((kind) => client.until(kind, isLast).catch(() => null));
  await Promise.race([...done, client.closed]);
  for (const { code, message } of client.of('error')) {
    if (code === 'internal' || code === 'parked') throw new Error(`answered with ${code}: ${message}`);
    if (!(code in ERROR_CODES)) throw new Error(`answered with ${code}, which is not documented`);
  }
  const isOver = client.socket.readyState >= 2;
  if (isOver) {
    const { code } = await client.closed;
    if (code === 1006 || code === 4004 || code === 1011) throw new Error(`the socket was closed with ${code}`);
  }
  client.close();
  return client;
}

const deep = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

/** Frames that a session must answer with a code, or end in order; `$C` is a channel, `$M` a message in it. */
const FRAMES: readonly string[] = [
  '',
  ' ',
  'null',
  'true',
  '0',
  '-0',
  '1e999',
  '""',
  '[]',
  '{}',
  '{"t":null}',
  '{"t":[]}',
  '{"t":{}}',
  '{"t":"ping","x":1}',
  '{"t":"ping"}{"t":"ping"}',
  '{"t":"ping",}',
  "{'t':'ping'}",
  '\ufeff{"t":"ping"}',
  '{"t":"ping","t":"me.get"}',
  '{"t":"hello","protocol":1,"token":"x"}',
  '{"t":"resume","epoch":"x","channels":[]}',
  '{"t":"welcome"}',
  '{"t":"ok","ref":1}',
  '{"t":"me.get"}',
  '{"t":"me.get","ref":null}',
  '{"t":"me.get","ref":"1"}',
  '{"t":"me.get","ref":1.5}',
  '{"t":"me.get","ref":-1}',
  '{"t":"me.get","ref":9007199254740993}',
  '{"t":"me.get","ref":1e400}',
  '{"t":"me.get","ref":1,"d":null}',
  '{"t":"me.get","ref":1,"d":[]}',
  '{"t":"me.get","ref":1,"d":"x"}',
  '{"t":"me.get","ref":1,"d":{"__proto__":{}}}',
  '{"t":"me.get","ref":1,"d":{"constructor":{"prototype":{}}}}',
  '{"t":"__proto__","ref":1}',
  '{"t":"constructor","ref":1}',
  '{"t":"toString","ref":1}',
  '{"t":"hasOwnProperty","ref":1}',
  '{"t":"message.send\\u0000","ref":1}',
  `{"t":"${'x'.repeat(65)}","ref":1}`,
  `{"t":"me.get","ref":1,"d":${deep(9)}}`,
  `{"t":"me.get","ref":1,"d":{"a":${deep(100)}}}`,
  `{"t":"me.get","ref":1,"d":{"a":${deep(30_000)}}}`,
  `{"t":"me.get","ref":1,"d":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}}`,
  `{"t":"me.get","ref":1,"d":{${Array.from({ length: 5_000 }, (_, index) => `"${index}":1`).join()}}}`,
  `{"t":"me.get","ref":1,"d":{"a":[${'0,'.repeat(20_000)}0]}}`,
  ...['id', 'body', 'channelId'].flatMap((field) =>
    ['null', '1', '[]', '{}', 'true', '""', '"\\u0000"', '"\\ud800"', `"${'x'.repeat(20_000)}"`].map((value) =>
      `{"t":"message.send","ref":1,"d":{"channelId":"$C","id":"${makeUuid()}","body":"x","${field}2":1}}`
        .replace(`"${field}2":1`, `"replyTo":null`)
        .replace(new RegExp(`"${field}":"[^"]*"`), `"${field}":${value}`),
    ),
  ),
  ...['-1', '0', '1.5', '1e999', '9007199254740993', '"1"', '999999999'].map(
    (seq) => `{"t":"message.send","ref":1,"d":{"channelId":"$C","id":"${makeUuid()}","body":"x","replyTo":${seq}}}`,
  ),
  '{"t":"message.send","ref":1,"d":{"channelId":"$C","id":"$M","body":"an id of somebody else"}}',
  '{"t":"message.edit","ref":1,"d":{"channelId":"$C","messageId":"$M","body":"somebody else’s"}}',
  '{"t":"message.react","ref":1,"d":{"channelId":"$C","messageId":"$M","emoji":"<script>"}}',
  '{"t":"message.react","ref":1,"d":{"channelId":"$C","messageId":"$M","emoji":""}}',
  `{"t":"receipt.read","ref":1,"d":{"cursors":[${Array.from({ length: 201 }, () => '["$C",1]').join()}]}}`,
  '{"t":"typing.set","ref":1,"d":{"channelId":"00000000-0000-7000-8000-000000000000","on":true}}',
  `{"t":"presence.get","ref":1,"d":{"userIds":[${Array.from({ length: LIMITS.presenceUsers + 1 }, () => `"${makeUuid()}"`).join()}]}}`,
];

function fill(frame: string, { channelId, messageId }: Target): string {
  return frame.replaceAll('$C', channelId).replaceAll('$M', messageId);
}

/** What is said in frames. */
export const FRAMES_CATEGORY: HostileCategory = {
  letter: 'W4',
  title: 'frames of the application',
  cases: () => [
    ...FRAMES.map(
      (frame, index): HostileCase => ({
        name: `${index}: ${frame.slice(0, 60)}`,
        run: async (target) => void (await sayAll(target, [fill(frame, target)])),
      }),
    ),
    ...['{"t":"me.get","ref":1}', '{"t":"ping"}', 'nonsense', '{"t":"resume","epoch":"x","channels":[]}'].map(
      (frame): HostileCase => ({
        name: `before the hello: ${frame}`,
        async run(target) {
          const client = new SocketClient(target.socketUrl);
          await client.opened();
          client.say(frame);
          const { code } = await client.closed;
          if (code !== 4504) throw new Error(`closed with ${code}`);
        },
      }),
    ),
  ],
};

const SINCE = ['-1', '1.5', '1e999', '9007199254740993', '"0"', 'null', '999999999999', '[]'];

/** Where somebody says that he has got to. */
export const CURSORS: HostileCategory = {
  letter: 'W5',
  title: 'resume and cursors',
  cases: () => [
    ...SINCE.flatMap((since) =>
      ['$C', makeUuid()].map(
        (channel): HostileCase => ({
          name: `changes since ${since} of ${channel === '$C' ? 'a channel' : 'none'}`,
          run: async (target) =>
            void (await sayAll(target, [
              fill(`{"t":"sync.changes","ref":1,"d":{"channelId":"${channel}","since":${since}}}`, target),
            ])),
        }),
      ),
    ),
    ...['-1', '0', '1.5', '1e999', '999999999', 'null', '"1"'].flatMap((seq) =>
      ['receipt.read', 'receipt.delivered'].map(
        (name): HostileCase => ({
          name: `${name} up to ${seq}`,
          run: async (target) =>
            void (await sayAll(target, [fill(`{"t":"${name}","ref":1,"d":{"cursors":[["$C",${seq}]]}}`, target)])),
        }),
      ),
    ),
    ...[
      { epoch: 'another', channels: [['$C', 1]] },
      { epoch: '', channels: [['$C', 999_999]] },
      { epoch: 'x'.repeat(65), channels: [] },
      { epoch: 'x', channels: [['$C', -1]] },
      { epoch: 'x', channels: [['$C', 1e300]] },
      { epoch: 'x', channels: [['$C']] },
      { epoch: 'x', channels: Array.from({ length: 1_001 }, () => ['$C', 1]) },
      { epoch: 'x', channels: [['$C', 1]], more: true },
      { epoch: null, channels: null },
    ].map(
      (resume, index): HostileCase => ({
        name: `resume ${index}`,
        async run(target) {
          const client = new SocketClient(target.socketUrl);
          await client.opened();
          client.say(fill(JSON.stringify({ t: 'hello', protocol: 1, token: target.ann.token, resume }), target));
          const synced = client
            .until('sync', ({ done }) => done)
            .then(
              () => 'synced',
              () => 'closed',
            );
          const waiting = client.until('welcome').then(
            () => (index === 7 ? 'waits for more' : synced),
            () => synced,
          );
          const ending = await Promise.race([waiting, client.closed.then(({ code }) => code)]);
          if (ending === 1006 || ending === 4004) throw new Error(`closed with ${ending}`);
          client.close();
        },
      }),
    ),
  ],
};
