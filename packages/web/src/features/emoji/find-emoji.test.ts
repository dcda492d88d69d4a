import { expect, test } from 'vitest';
import { type Emoji, findEmoji } from './find-emoji.ts';

const emoji = (sign: string, names: string, label: string, words = ''): Emoji => ({
  emoji: sign,
  group: 0,
  names: names.split(' '),
  label,
  words,
});
const ALL = [
  emoji('🎊', 'confetti_ball', 'confetti ball', 'party'),
  emoji('🥳', 'partying_face', 'partying face'),
  emoji('🎉', 'tada', 'party popper', 'celebrate'),
  emoji('🅿️', 'parking', 'P button'),
];
const find = (query: string) => findEmoji(ALL, query, 10).map((found) => found.emoji);

test('finds emoji by name, best first', () => {
  expect(find('tada')).toEqual(['🎉']);
  expect(find('party')).toEqual(['🥳', '🎉', '🎊']);
  expect(find('confetti ball')).toEqual(['🎊']);
  expect(find('nothing')).toEqual([]);
});
