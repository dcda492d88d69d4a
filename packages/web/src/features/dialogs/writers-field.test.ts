import { DEFAULT_PERMISSIONS } from '@parley/protocol/constants';
import { expect, test } from 'vitest';
import { WRITERS, withWriters, writersOf } from './writers-field.tsx';

test('whoever may write is read back from the permissions', () => {
  for (const before of WRITERS) {
    for (const after of WRITERS) {
      expect(writersOf(withWriters(withWriters({}, before), after))).toBe(after);
    }
  }
  expect(withWriters(withWriters({}, 'admins'), 'everybody')).toEqual({});
});

test('what else a role may do stays as it was', () => {
  const own = { member: DEFAULT_PERMISSIONS.member.filter((action) => action !== 'message.pin') };
  const { member = [], guest = [] } = withWriters(own, 'admins');
  expect(member).not.toContain('message.send');
  expect(member).not.toContain('message.pin');
  expect(member).toContain('thread.reply');
  expect(guest).toContain('message.react');
});
