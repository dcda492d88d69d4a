import { expect, test } from 'vitest';
import { FollowedEnd, type Place } from './followed-end.ts';

const VIEW = 500;
const SIZE = 2_000;
const at = (toEnd: number, size = SIZE): Place => ({ offset: size - VIEW - toEnd, size, viewSize: VIEW });

/** A list at its end, with a reader who has just had something measured there. */
function following(nowMs = 0): FollowedEnd {
  const end = new FollowedEnd();
  end.follow();
  end.put(at(0));
  end.measured(at(0), nowMs);
  return end;
}

test('what is measured moves no one who follows the end', () => {
  const end = following();
  expect(end.scrolled(at(300), false, 10)).toBe(true);
  expect(end.isFollowed).toBe(true);
  expect(end.measured(at(300), 20)).toBe(true);
});

test('a hand leaves the end, also when something was just measured', () => {
  const end = following();
  end.pulled(10);
  expect(end.scrolled(at(60), false, 20)).toBe(false);
  expect(end.isFollowed).toBe(false);
});

test('a way up that begins slowly is none the less a way up', () => {
  const end = following();
  end.pulled(5);
  for (const toEnd of [4, 12, 20]) expect(end.scrolled(at(toEnd), false, toEnd)).toBe(false);
  expect(end.isFollowed).toBe(true);
  end.scrolled(at(40), false, 40);
  expect(end.isFollowed).toBe(false);
});

test('a message that comes while one is on the way up calls nobody back', () => {
  const end = following();
  end.pulled(5);
  end.scrolled(at(8), false, 10);
  expect(end.measured(at(68), 15)).toBe(false);
  expect(end.isFollowed).toBe(false);
});

test('a nudge that stays near the end goes on following it', () => {
  const end = following();
  end.pulled(5);
  end.scrolled(at(8), false, 10);
  expect(end.measured(at(68), 2_000)).toBe(true);
});

test('a place where the list was put is no scrolling: word of it that comes late takes no hand away', () => {
  const end = following();
  end.pulled(5);
  end.scrolled(at(0), false, 6);
  end.scrolled(at(60), false, 20);
  expect(end.isFollowed).toBe(false);
});

test('a tool that scrolls again and again leaves as soon as nothing is measured', () => {
  const end = following();
  let leftAt = 0;
  for (let nowMs = 16; nowMs < 1_000 && leftAt === 0; nowMs += 16) {
    if (end.scrolled(at(60), false, nowMs)) end.put(at(0));
    if (!end.isFollowed) leftAt = nowMs;
  }
  expect(leftAt).toBe(256);
});

test('whoever comes down to the end follows it again, and then only a new hand leaves it', () => {
  const end = following();
  end.pulled(5);
  end.scrolled(at(300), false, 10);
  end.scrolled(at(10), false, 900);
  expect(end.isFollowed).toBe(true);
  end.measured(at(10), 1_000);
  expect(end.scrolled(at(300), false, 1_010)).toBe(true);
});

test('the end of what is loaded is not the end while there is newer', () => {
  const end = following();
  expect(end.scrolled(at(0), true, 10)).toBe(false);
  expect(end.isFollowed).toBe(false);
});

test('a turned phone is no scrolling', () => {
  const end = following();
  const turned = { offset: 1_000, size: 3_000, viewSize: 700 };
  expect(end.scrolled(turned, false, 10_000)).toBe(true);
});

test('a hand that has moved nothing is forgotten', () => {
  const end = following();
  end.pulled(5);
  const longer = at(300, SIZE + 300);
  expect(end.scrolled({ ...longer, offset: at(0).offset }, false, 3_000)).toBe(true);
});

test('what is measured above while one is on the way up is no coming down', () => {
  const end = following();
  end.pulled(5);
  end.scrolled(at(8), false, 10);
  // The list has grown above by 30, and keeps what is in sight where it is.
  end.scrolled(at(8, SIZE + 30), false, 20);
  end.scrolled(at(40, SIZE + 30), false, 30);
  expect(end.isFollowed).toBe(false);
});

test('what is measured near the end without moving it ends nothing', () => {
  const end = following();
  end.pulled(5);
  end.scrolled(at(8), false, 10);
  expect(end.measured(at(8), 15)).toBe(false);
  expect(end.isFollowed).toBe(true);
});
