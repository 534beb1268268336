import { expect, test } from 'vitest';
import { likeness, mergedText } from './three-way.ts';

const base = 'You are a clerk. It is 10:00. Never refund without asking. Be brief.';

test('an edit is made in another form of the text', () => {
  const edited = base.replace('Never refund', 'Always refund');
  expect(mergedText(base, edited, base.replace('10:00', '10:05'))).toBe(edited.replace('10:00', '10:05'));
  expect(mergedText(base, `${base} MARK`, base.replace('10:00', '10:05'))).toBe(
    `${base.replace('10:00', '10:05')} MARK`,
  );
  // What is there already is made once.
  expect(mergedText(base, edited, edited)).toBe(edited);
});

test('where both changed the same place, or hardly anything is left of the base, there is no patch', () => {
  expect(mergedText(base, base.replace('10:00', 'noon'), base.replace('10:00', '10:05'))).toBeUndefined();
  expect(mergedText(base, 'Speak French.', base.replace('10:00', '10:05'))).toBeUndefined();
});

test('likeness: the share of words of the shorter text', () => {
  expect(likeness('one two three four', 'one two five six seven')).toBe(0.5);
  expect(likeness('', '')).toBe(1);
  expect(likeness('a b', 'c d')).toBe(0);
});
