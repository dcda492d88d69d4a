import type { ChannelId, Sent } from '@parley/protocol';
import { makeOwner, makePerson, type Person } from './people.ts';

const NAMES = {
  maya: 'Maya Lindqvist',
  tomas: 'Tomás Rivera',
  ines: 'Inès Moreau',
  kenji: 'Kenji Watanabe',
  priya: 'Priya Nair',
  sam: 'Sam Okafor',
  lena: 'Lena Fischer',
  noah: 'Noah Berg',
} as const;
type Name = keyof typeof NAMES;

/** A company in the middle of its work, for pictures. */
export interface Workspace {
  readonly people: Readonly<Record<Name, Person>>;
  readonly channels: Readonly<Record<'general' | 'design' | 'engineering' | 'launch' | 'random' | 'leads', ChannelId>>;
  readonly direct: ChannelId;
  readonly group: ChannelId;
  readonly threadId: ChannelId;
  /** Messages of long ago first: by these, times can be given to them. */
  readonly order: readonly { readonly id: string; readonly minutesAgo: number }[];
}

interface Line {
  readonly by: Name;
  readonly minutesAgo: number;
  readonly body: string;
  readonly replyTo?: number;
}

const DAY = 24 * 60;

const GENERAL: readonly Line[] = [
  { by: 'maya', minutesAgo: 2 * DAY + 300, body: 'Good morning, all! 👋 The new office has coffee. Real coffee.' },
  { by: 'sam', minutesAgo: 2 * DAY + 297, body: 'Define *real*.' },
  { by: 'maya', minutesAgo: 2 * DAY + 296, body: 'There is a grinder. It has settings. Plural.' },
  {
    by: 'lena',
    minutesAgo: DAY + 410,
    body: 'Reminder: expenses for October close **Friday at noon**. After that I am on holiday and so is your money.',
  },
  { by: 'noah', minutesAgo: DAY + 388, body: '🎉' },
  { by: 'priya', minutesAgo: 170, body: 'All-hands notes are up: https://wiki.northwind.example/all-hands/november' },
  { by: 'tomas', minutesAgo: 64, body: 'Thanks @priya! Clear and short, as always.' },
];

const ENGINEERING: readonly Line[] = [
  {
    by: 'kenji',
    minutesAgo: DAY + 240,
    body: 'Migration to the new store is done. Both regions, no downtime, 41 minutes.',
  },
  { by: 'priya', minutesAgo: DAY + 236, body: 'Beautiful. What about the replica lag we saw in the rehearsal?' },
  {
    by: 'kenji',
    minutesAgo: DAY + 233,
    body: 'Gone. It was the index build after all, so now it runs first:\n\n```sql\nCREATE INDEX CONCURRENTLY idx_orders_created\n    ON orders (created_at DESC);\n```',
  },
  {
    by: 'sam',
    minutesAgo: 190,
    body: 'Who can look at the flaky checkout test today? It failed **3 times in 40 runs**, always at the same step.',
  },
  {
    by: 'priya',
    minutesAgo: 186,
    body: 'I can, after lunch. My list so far:\n\n1. clock skew in the fixture\n2. a second click before the first has landed\n3. `retry` swallowing the real error',
  },
  { by: 'sam', minutesAgo: 184, body: 'My money is on number 2.' },
  {
    by: 'kenji',
    minutesAgo: 92,
    body: 'Number 3 it is: the error was there all along, one line below the fold. Fix is up for review.',
    replyTo: 5,
  },
  {
    by: 'maya',
    minutesAgo: 88,
    body: 'Nice find. Does the fix change anything for clients that still send the old header?',
  },
  {
    by: 'tomas',
    minutesAgo: 23,
    body: '@maya can you approve the release for **2.4** when you are back? Everything on the list is green.',
  },
  { by: 'tomas', minutesAgo: 22, body: 'I will hold the rollout until then.' },
];

const THREAD: readonly Line[] = [
  { by: 'kenji', minutesAgo: 86, body: 'No: old clients never reach that branch. I added a test that proves it.' },
  { by: 'maya', minutesAgo: 84, body: 'Perfect, then go.' },
  { by: 'priya', minutesAgo: 80, body: 'Reviewed and merged. ✅' },
];

const DESIGN: readonly Line[] = [
  {
    by: 'ines',
    minutesAgo: DAY + 120,
    body: 'Third round of the onboarding flow is in the file. One screen less, one sentence per screen.',
  },
  { by: 'lena', minutesAgo: DAY + 98, body: 'The second screen finally breathes.' },
  { by: 'ines', minutesAgo: 140, body: '> Fewer words, bigger type\n\nThat was the whole feedback. I will frame it.' },
  { by: 'noah', minutesAgo: 41, body: 'Could the empty state be a bit warmer? It greets me like a tax form.' },
  { by: 'ines', minutesAgo: 35, body: 'Fair. On it.' },
];

const LAUNCH: readonly Line[] = [
  {
    by: 'tomas',
    minutesAgo: 300,
    body: '**Launch list**\n- [x] Pricing page\n- [x] Status page\n- [ ] Press kit\n- [ ] Cake',
  },
  { by: 'lena', minutesAgo: 260, body: 'Press kit is in translation, back tomorrow morning.' },
  { by: 'sam', minutesAgo: 50, body: 'I have strong opinions about the cake.' },
];

const RANDOM: readonly Line[] = [
  { by: 'noah', minutesAgo: 420, body: 'Does anybody have a spare ticket for Thursday?' },
  { by: 'sam', minutesAgo: 33, body: '🥨🥨🥨' },
];

const DIRECT: readonly Line[] = [
  { by: 'ines', minutesAgo: DAY + 30, body: 'Do you have ten minutes tomorrow for the icon set?' },
  { by: 'maya', minutesAgo: DAY + 21, body: 'Sure. After stand-up?' },
  { by: 'ines', minutesAgo: DAY + 20, body: 'Perfect.' },
  {
    by: 'maya',
    minutesAgo: 75,
    body: 'I looked at all 48. Numbers 12 and 31 look alike at small sizes; everything else is a joy.',
  },
  { by: 'ines', minutesAgo: 71, body: 'You are right about 31. I made it lighter, have a look.' },
  { by: 'maya', minutesAgo: 12, body: 'That is the one. Ship it!' },
];

const GROUP: readonly Line[] = [
  { by: 'priya', minutesAgo: 130, body: 'Dinner on Wednesday, the three of us?' },
  { by: 'sam', minutesAgo: 126, body: 'Only if it is the noodle place.' },
];

/** Fills a fresh server with people and what they say to each other. */
export async function makeWorkspace(server: { readonly url: string; ownerToken(): string }): Promise<Workspace> {
  const maya = await makeOwner(server, NAMES.maya);
  const others = Object.entries(NAMES).filter(([name]) => name !== 'maya');
  const made = new Map<string, Person>([['maya', maya]]);
  for (const [name, displayName] of others) made.set(name, await makePerson(server.url, displayName));
  const people = Object.fromEntries(made) as unknown as Record<Name, Person>;
  const order: { id: string; minutesAgo: number }[] = [];
  const say = async (channelId: ChannelId, lines: readonly Line[]): Promise<Sent[]> => {
    const sent: Sent[] = [];
    for (const { by, minutesAgo, body, replyTo } of lines) {
      const message = await people[by].client.channel(channelId).send(body, { replyTo });
      order.push({ id: message.id, minutesAgo });
      sent.push(message);
    }
    return sent;
  };
  const everybody = others.map(([name]) => people[name as Name].signedIn.user.id);
  const open = async (name: string, topic: string, kind: 'public' | 'private', members = everybody) => {
    const channel = await maya.client.createChannel({ name, topic, kind, memberIds: members });
    return channel.id;
  };
  const general = maya.client.channels.getSnapshot().find(({ channel }) => channel.name === 'general')?.id;
  const channels = {
    general: general ?? (await open('general', 'What everybody should know', 'public')),
    design: await open('design', 'Pixels, words and the space between them', 'public'),
    engineering: await open('engineering', 'How we build it', 'public'),
    launch: await open('launch', 'Countdown to 2.4', 'public'),
    random: await open('random', '', 'public'),
    leads: await open('leads', 'Planning', 'private', [people.tomas.signedIn.user.id, people.ines.signedIn.user.id]),
  };
  await say(channels.general, GENERAL);
  const engineering = await say(channels.engineering, ENGINEERING);
  await say(channels.design, DESIGN);
  await say(channels.launch, LAUNCH);
  await say(channels.random, RANDOM);
  const direct = (await maya.client.openDirect([people.ines.signedIn.user.id])).id;
  await say(direct, DIRECT);
  const group = (await maya.client.openDirect([people.priya.signedIn.user.id, people.sam.signedIn.user.id])).id;
  await say(group, GROUP);
  const asked = engineering[7];
  if (asked === undefined) throw new Error('the thread hangs on the eighth message');
  const opened = await people.kenji.client.channel(channels.engineering).openThread(asked.id);
  await say(opened.channel.id, THREAD);
  await react(people, channels.engineering, engineering);
  return { people, channels, direct, group, threadId: opened.channel.id, order };
}

async function react(people: Workspace['people'], channelId: ChannelId, sent: readonly Sent[]): Promise<void> {
  const on = async (index: number, emoji: string, ...names: Name[]) => {
    const message = sent[index];
    if (message === undefined) return;
    for (const name of names) await people[name].client.channel(channelId).react(message.id, emoji);
  };
  await on(0, '🎉', 'maya', 'priya', 'sam', 'tomas');
  await on(0, '🚀', 'tomas', 'noah');
  await on(6, '👏', 'maya', 'sam');
  await on(6, '👀', 'priya');
  const pinned = sent[2];
  if (pinned !== undefined) await people.maya.client.channel(channelId).pin(pinned.id);
}

/** What an operator has joined to other programs: one that writes here, and one that cannot be told just now. */
export async function addWebhooks({ people, channels }: Workspace): Promise<void> {
  const { client } = people.maya;
  await client.call('webhook.create', { kind: 'incoming', name: 'Builds', channelId: channels.engineering });
  // Names of this kind lead nowhere, on any network.
  const url = 'https://archive.northwind.invalid/hook';
  const { webhook } = await client.call('webhook.create', { kind: 'outgoing', name: 'Archive', url });
  const { messages } = await client.call('message.history', { channelId: channels.random, limit: 1 });
  const [last] = messages;
  if (last !== undefined) await people.sam.client.channel(channels.random).react(last.id, '🍜');
  for (;;) {
    const { deliveries } = await client.call('webhook.deliveries', { webhookId: webhook.id });
    if (deliveries.some(({ attempts }) => attempts > 0)) return;
    await new Promise<void>((resolve) => void setTimeout(resolve, 100));
  }
}
