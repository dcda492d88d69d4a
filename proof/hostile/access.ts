import { makeUuid, OPERATIONS, type Operation, type OperationName } from '@parley/protocol';
import { demand, type HostileCase, type HostileCategory } from './hostile-case.ts';
import type { Target } from './target.ts';

const OPERATION_LIST = Object.values(OPERATIONS) as Operation<OperationName>[];

/** A plausible input of an operation on a private channel, for somebody who is not in it. */
function inputFor(name: string, { channelId, messageId, ann, owner }: Target): Record<string, unknown> {
  const all: Record<string, unknown> = {
    channelId,
    messageId,
    userId: ann.user.id,
    userIds: [ann.user.id],
    id: makeUuid(),
    body: 'x',
    emoji: '👍',
    on: true,
    since: 0,
    seq: 1,
    role: 'admin',
    name: 'mine now',
    ownerId: owner.user.id,
  };
  const fields: Record<string, readonly string[]> = {
    'message.send': ['channelId', 'id', 'body'],
    'message.edit': ['channelId', 'messageId', 'body'],
    'message.react': ['channelId', 'messageId', 'emoji', 'on'],
    'message.pin': ['channelId', 'messageId', 'on'],
    'member.invite': ['channelId', 'userIds'],
    'member.role': ['channelId', 'userId', 'role'],
    'member.kick': ['channelId', 'userId'],
    'member.ban': ['channelId', 'userId', 'on'],
    'sync.changes': ['channelId', 'since'],
    'receipt.unread': ['channelId', 'seq'],
    'typing.set': ['channelId', 'on'],
    'channel.update': ['channelId', 'name'],
  };
  const wanted = fields[name] ?? [
    'channelId',
    ...(/^(message|thread\.open)/.test(name) && !/history|pins/.test(name) ? ['messageId'] : []),
  ];
  return Object.fromEntries(wanted.map((field) => [field, all[field]]));
}

const ABOUT_CHANNELS = OPERATION_LIST.filter(
  ({ name, rest }) =>
    rest?.path.includes(':channelId') === true ||
    /^(message|member|thread|typing|channel\.(get|update|join|leave|archive|notify))/.test(name),
);

export const ACCESS: HostileCategory = {
  letter: 'Z',
  title: 'authorisation: every operation by who may not',
  cases: (target) => [
    ...OPERATION_LIST.filter(({ rest, name }) => rest !== null && !name.startsWith('auth.')).flatMap(
      ({ name, rest }): HostileCase[] => {
        const path = (rest?.path ?? '').replace(/:(\w+)/g, (_, field: string) =>
          field === 'channelId' ? target.channelId : makeUuid(),
        );
        const body = ['POST', 'PUT', 'PATCH'].includes(rest?.method ?? '') ? {} : undefined;
        return [undefined, 'pst_nonsense'].map((token) => ({
          name: `${name} by ${token === undefined ? 'nobody' : 'a token that is none'}`,
          run: async () =>
            demand(await target.answerTo(rest?.method ?? 'GET', path, { token, body }), /^(401|404 not_found|429)/),
        }));
      },
    ),
    ...ABOUT_CHANNELS.map(
      ({ name }): HostileCase => ({
        name: `${name} by a stranger, by socket`,
        async run() {
          const client = await target.socket(target.stranger.token);
          const answer = await client.ask(name as never, inputFor(name, target) as never);
          client.close();
          const told = answer.t === 'ok' ? 'ok' : answer.code;
          demand(told, /^(not_found|forbidden|unknown_command|bad_request|rate_limited)$/);
        },
      }),
    ),
  ],
};

/** Runs things at once on a fresh channel of the owner and Ann, and lets the history be looked at. */
async function race(target: Target, what: (channelId: string, ask: Asks) => Promise<unknown>[]): Promise<void> {
  const { owner, ann, stranger } = target;
  const made = await target.ask('POST', '/channels', {
    token: owner.token,
    body: { kind: 'private', name: `race ${makeUuid()}`, memberIds: [ann.user.id] },
  });
  if (made.status === 429) return;
  const channelId = made.body.channel.id as string;
  const by = (token: string) => (method: string, path: string, body?: unknown) =>
    target.answerTo(method, path, { token, body });
  await Promise.all(what(channelId, { owner: by(owner.token), ann: by(ann.token), stranger: by(stranger.token) }));
  const { body } = await target.ask('GET', `/channels/${channelId}/messages?limit=100`, { token: owner.token });
  const seqs = (body.messages as { seq: number }[]).map(({ seq }) => seq);
  if (seqs.some((seq, index) => seq !== index + 1)) throw new Error(`the history has holes: ${seqs.join()}`);
}

type Ask = (method: string, path: string, body?: unknown) => Promise<string>;
type Asks = Readonly<Record<'owner' | 'ann' | 'stranger', Ask>>;

const ROUNDS = 8;
const times = (count: number, make: () => Promise<string>) => Array.from({ length: count }, make);

export const RACES: HostileCategory = {
  letter: 'C',
  title: 'races',
  cases: (target) => {
    const say = (ask: Ask, channel: string, id: string = makeUuid()) =>
      ask('POST', `/channels/${channel}/messages`, { id, body: 'x' });
    const annId = target.ann.user.id;
    const all: Record<string, (channel: string, asks: Asks) => Promise<string>[]> = {
      'kick and send': (channel, { owner, ann }) => [
        ...times(ROUNDS, () => say(ann, channel)),
        owner('DELETE', `/channels/${channel}/members/${annId}`),
        ...times(ROUNDS, () => say(ann, channel)),
      ],
      'ban and send': (channel, { owner, ann }) => [
        ...times(ROUNDS, () => say(ann, channel)),
        owner('PUT', `/channels/${channel}/bans/${annId}`, { on: true }),
      ],
      'archive and send': (channel, { owner, ann }) => [
        ...times(ROUNDS, () => say(ann, channel)),
        owner('POST', `/channels/${channel}/archive`, { on: true }),
        ...times(ROUNDS, () => say(ann, channel)),
      ],
      'leave and send': (channel, { ann }) => [
        ...times(ROUNDS, () => say(ann, channel)),
        ann('POST', `/channels/${channel}/leave`, {}),
      ],
      'one id, twenty times': (channel, { ann }) => {
        const id = makeUuid();
        return times(20, () => say(ann, channel, id));
      },
      'one id, by two people': (channel, { ann, owner }) => {
        const id = makeUuid();
        return [...times(ROUNDS, () => say(ann, channel, id)), ...times(ROUNDS, () => say(owner, channel, id))];
      },
      'invite the same user': (channel, { owner }) =>
        times(ROUNDS, () => owner('POST', `/channels/${channel}/members`, { userIds: [target.stranger.user.id] })),
      'the same name': (_channel, { owner }) =>
        times(ROUNDS, () => owner('POST', '/channels', { kind: 'public', name: 'the same name' })),
    };
    return Object.entries(all).map(
      ([name, what]): HostileCase => ({ name, inputs: 2 * ROUNDS, run: (one) => race(one, what) }),
    );
  },
};

const SLOW: readonly string[] = [
  '*'.repeat(4_000),
  '['.repeat(4_000),
  '`'.repeat(4_000),
  '_a'.repeat(2_000),
  '>'.repeat(4_000),
  '**a '.repeat(1_000),
  `${'['.repeat(1_000)}x${']('.repeat(1_000)}`,
  `https://${'a.'.repeat(1_900)}`,
  `https://x/?${'%'.repeat(3_900)}`,
  '@a '.repeat(1_300),
  '<'.repeat(4_000),
  `${' '.repeat(3_999)}x`,
  '\\'.repeat(4_000),
  '| '.repeat(2_000),
];
const SEARCHES: readonly string[] = [
  '%',
  '_',
  '*',
  '"',
  '"'.repeat(100),
  '(',
  '-'.repeat(200),
  '& | !',
  'from:',
  'in:#',
  `${'a '.repeat(127)}`,
  ':*',
  '\\',
  "''",
  '<->',
  'a'.repeat(256),
  'a'.repeat(257),
];

export const SLOW_PATTERNS: HostileCategory = {
  letter: 'D',
  title: 'slow patterns',
  cases: (target) => [
    ...SLOW.map(
      (body, index): HostileCase => ({
        name: `message ${index}: ${body.slice(0, 10)}`,
        run: async () =>
          demand(
            await target.answerTo('POST', `/channels/${target.channelId}/messages`, {
              token: target.owner.token,
              body: { id: makeUuid(), body },
            }),
            /^(200|201|400|429)/,
          ),
      }),
    ),
    ...SEARCHES.map(
      (query): HostileCase => ({
        name: `search ${query.slice(0, 12)}`,
        run: async () =>
          demand(
            await target.answerTo('GET', `/search?query=${encodeURIComponent(query)}`, {
              token: target.ann.token,
            }),
            /^(200|400|429)/,
          ),
      }),
    ),
  ],
};
