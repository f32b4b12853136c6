import { expect, it } from 'vitest';

import { binned } from '../../src/page/live/series.js';
import { age, ago, lag } from '../../src/page/place/duration.js';
import { formatPlace, home, parsePlace, type Place, takeToken } from '../../src/page/place/place.js';

it.each<Place>([
  home,
  { ...home, search: 'gateway 100%&=#', key: '__proto__' },
  { ...home, namespace: 'billing', panel: 'diff', from: 'abcdefgh-1', to: 'abcdefgh-2' },
  { ...home, key: '' },
])('an address says where one is, and leads back there', (place) => {
  expect(parsePlace(formatPlace(place))).toEqual(place);
});

it('the usual view has an address without a fragment', () => {
  expect(formatPlace(home)).toBe('');
});

it('a token is taken out of the fragment, and the rest stays', () => {
  expect(takeToken('#q=limit&token=s%2Bcret')).toEqual({ token: 's+cret', rest: '#q=limit' });
  expect(takeToken('#token=abc')).toEqual({ token: 'abc', rest: '' });
  expect(takeToken('#token=')).toEqual({ token: undefined, rest: '' });
});

it.each([
  [0, 'now', 'just now', '0 ms'],
  [999, 'now', 'just now', '999 ms'],
  [1_500, '1 s', '1 s ago', '1.5 s'],
  [61_000, '1 min', '1 min ago', '1 min'],
  [7_300_000, '2 h', '2 h ago', '2 h'],
  [90_000_000, '1 d', '1 d ago', '1 d'],
])('%i ms read as %s, %s, and as a lag %s', (ms, asAge, asAgo, asLag) => {
  expect([age(ms), ago(ms), lag(ms)]).toEqual([asAge, asAgo, asLag]);
});

it('changes are counted in columns that stand still, and the longest lag of each is kept', () => {
  const points = [
    { at: 95_000, changes: 1, lagMs: 20 },
    { at: 99_999, changes: 3, lagMs: 50 },
    { at: 100_000, changes: 2, lagMs: undefined },
    { at: 1, changes: 9, lagMs: 1 },
  ];
  const bins = binned(points, 105_000, { binMs: 10_000, bins: 3 });
  expect(bins).toEqual([{ changes: 0, lagMs: undefined }, { changes: 4, lagMs: 50 }, { changes: 2, lagMs: undefined }]);
});
