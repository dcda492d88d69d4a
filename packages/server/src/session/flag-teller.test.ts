import type { FlagValue } from '@parley/protocol';
import { describe, expect, test } from 'vitest';
import { decodeFrames, FakeWire } from '../../test/fake-wire.ts';
import { ANN, testSession } from '../../test/test-session.ts';
import type { Actor } from '../commands/handler.ts';
import { Flusher } from '../outbox/outbox.ts';
import { FlagTeller } from './flag-teller.ts';

type Flags = Record<string, FlagValue>;

function setUp() {
  const flusher = new Flusher({ onSlow: () => {} });
  const wire = new FakeWire();
  const session = testSession(flusher.createOutbox(wire));
  const asked: { actor: Actor; answer: (flags: Flags) => void }[] = [];
  const teller = new FlagTeller({
    sessions: () => [session],
    flagsFor: (actor) => new Promise((answer) => void asked.push({ actor, answer })),
    onFault: (error) => {
      throw error;
    },
  });
  const answer = (index: number, notice: string) => asked[index]?.answer({ notice });
  const open = async (notice: string) => {
    const welcome = teller.welcome(session, ANN);
    answer(0, notice);
    await welcome;
    session.state = 'ready';
  };
  const told = () => {
    flusher.flushNow();
    return decodeFrames(wire.bytes).map((text) => (JSON.parse(text) as { flags: Flags }).flags.notice);
  };
  return { session, teller, asked, answer, open, told };
}

describe('flags of a session', () => {
  test('are asked for once while nothing changes', async () => {
    const { session, teller, asked, open } = setUp();
    await open('');
    await teller.look(session);
    expect(asked).toHaveLength(1);
  });

  test('[FLAG4] are told when they changed while it was greeted', async () => {
    const { session, teller, answer, told } = setUp();
    const welcome = teller.welcome(session, ANN);
    teller.changed();
    answer(0, 'before');
    await welcome;
    session.state = 'ready';
    const look = teller.look(session);
    answer(1, 'after');
    await look;
    expect(told()).toEqual(['after']);
  });

  test('[FLAG4] are asked for again in another role', async () => {
    const { session, teller, asked, answer, open, told } = setUp();
    await open('of members');
    session.actor = { ...ANN, serverRole: 'admin' };
    const look = teller.look(session);
    answer(1, 'of admins');
    await look;
    expect(asked[1]?.actor.serverRole).toBe('admin');
    expect(told()).toEqual(['of admins']);
  });

  test('[FLAG4] end as they are now, in whichever order the answers come', async () => {
    const { session, teller, answer, open, told } = setUp();
    await open('first');
    teller.changed();
    const earlier = teller.look(session);
    teller.changed();
    const later = teller.look(session);
    // The first was asked by the change itself.
    answer(3, 'new');
    await later;
    answer(1, 'old');
    answer(2, 'old');
    await earlier;
    expect(told()).toEqual(['new']);
  });
});
