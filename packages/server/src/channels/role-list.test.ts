import type { ChannelId } from '@parley/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RoleList } from './role-list.ts';

const idOf = (index: number) => `channel-${index}` as ChannelId;
const index = fc.nat({ max: 99 });
const step = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), index, role: fc.nat() }),
  fc.record({ kind: fc.constant('delete' as const), index }),
  fc.record({ kind: fc.constant('setAll' as const), count: fc.nat({ max: 90 }), role: fc.nat() }),
);

test('[ACC1] a list of roles says what a map would, however many channels there are', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const list = new RoleList<{ channelId: ChannelId; role: number }>();
      const map = new Map<ChannelId, number>();
      const put = (channelId: ChannelId, role: number) => {
        map.set(channelId, role);
        return { channelId, role };
      };
      for (const one of steps) {
        if (one.kind === 'set') list.set(put(idOf(one.index), one.role));
        else if (one.kind === 'delete') expect(list.delete(idOf(one.index))).toBe(map.delete(idOf(one.index)));
        else list.setAll(Array.from({ length: one.count }, (_, place) => put(idOf(place), one.role)));
      }
      for (let place = 0; place < 100; place++) expect(list.get(idOf(place))?.role).toBe(map.get(idOf(place)));
      expect([...list.channelIds()].sort()).toEqual([...map.keys()].sort());
    }),
  );
});
