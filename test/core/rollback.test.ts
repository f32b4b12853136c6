import { describe, expect, it } from 'vitest';
import { type HistoryEntry, planRollback, rollbackOf } from '../../src/index.js';
import { sqlite } from '../../src/sources/sqlite/index.js';
import { testFolder } from '../sources/files/folder.js';

const why = { author: 'ann', reason: 'test' };

/** Newest first, each `[version, key, before, after]`. */
function historyOf(...rows: readonly (readonly [string, string, string | undefined, string | undefined])[]): HistoryEntry[] {
  return rows.map(([version, key, before, after]) => ({ key, before, after, version, ...why, at: new Date(0) }));
}

const history = historyOf(
  ['9', 'c', undefined, '1'],
  ['8', 'b', '1', undefined],
  ['7', 'a', '2', '3'],
  ['6', 'd', '2', '1'],
  ['5', 'd', '1', '2'],
  ['4', 'a', '1', '2'],
  ['3', 'b', undefined, '1'],
  ['1', 'a', undefined, '1'],
);

describe('a rollback', () => {
  it.each([
    ['9', []],
    ['99', []],
    ['8', [['c', null]]],
    ['6', [['a', '2'], ['b', '1'], ['c', null]]],
    ['4', [['a', '2'], ['b', '1'], ['c', null]]],
    ['3', [['a', '1'], ['b', '1'], ['c', null]]],
    ['2', [['a', '1'], ['c', null]]],
    ['0', [['a', null], ['c', null], ['d', '1']]],
  ])('to %s gives every key that was changed after it its value of then', (version, expected) => {
    const full = version === '0' ? history.filter(({ version: at }) => at !== '6') : history;
    expect([...rollbackOf(full, version)].sort()).toEqual(expected);
  });

  it('is of some keys where that is asked', () => {
    expect([...rollbackOf(history, '3', ['a', 'nowhere'])]).toEqual([['a', '1']]);
  });

  it('knows versions as Redis spells them', () => {
    const redis = historyOf(['1764250000000-10', 'a', '2', '3'], ['1764250000000-9', 'a', '1', '2'], ['999-0', 'a', undefined, '1']);
    expect([...rollbackOf(redis, '1764250000000-9')]).toEqual([['a', '2']]);
    expect([...rollbackOf(redis, '999-0')]).toEqual([['a', '1']]);
  });

  it('of any key is one', () => {
    expect([...rollbackOf(historyOf(['2', '__proto__', 'a', 'b'], ['1', 'x', undefined, '1']), '1')]).toEqual([['__proto__', 'a']]);
  });

  it.each(['', 'x', '1.5', '-1', '1-2-3', ' 1', '9'.repeat(30)])('to %j is refused: it is no version', (version) => {
    expect(() => rollbackOf(history, version)).toThrow(expect.objectContaining({ code: 'CALUMMA_OPTION' }));
  });

  it('to what the history tells nothing of any more is refused, rather than half done', () => {
    expect(() => rollbackOf(history.slice(0, 4), '3')).toThrow('expected a version that the history reaches back to ("6" is the oldest it tells of), found "3"');
    expect(() => rollbackOf(history.slice(0, 4), '0')).toThrow('reaches back');
  });
});

describe('a plan of a rollback', () => {
  it('reads as much of the history as it needs, and is one more write', async () => {
    const store = sqlite({ path: testFolder().at('config.db'), create: true });
    const { version } = await store.set({ a: '1', b: '1' }, why);
    for (let round = 0; round < 3; round++) await store.set(Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`k${at}`, round])), why);
    await store.set({ a: '2', b: null }, why);
    const plan = await planRollback(store, version, ['a', 'b']);
    expect([...plan.entries].sort()).toEqual([['a', '1'], ['b', '1']]);
    const { version: done } = await store.set(plan.entries, { author: 'bob', reason: `back to ${version}`, expectedVersion: plan.expectedVersion });
    expect((await store.history('a')).map(({ after, author }) => [after, author])).toEqual([['1', 'bob'], ['2', 'ann'], ['1', 'ann']]);
    expect((await planRollback(store, version)).entries.size).toBe(150);
    expect((await planRollback(store, done)).entries.size).toBe(0);
  });

  it('loses no change that is made meanwhile', async () => {
    const store = sqlite({ path: testFolder().at('config.db'), create: true });
    const { version } = await store.set({ a: '1' }, why);
    await store.set({ a: '2' }, why);
    const { entries, expectedVersion } = await planRollback(store, version);
    await store.set({ a: '3' }, why);
    await expect(store.set(entries, { ...why, expectedVersion })).rejects.toMatchObject({ code: 'CALUMMA_CONFLICT' });
  });

  it('of a store that was never written is refused only for what is no version', async () => {
    const store = sqlite({ path: testFolder().at('config.db'), create: true });
    expect(await planRollback(store, '5')).toEqual({ entries: new Map(), expectedVersion: undefined });
    await expect(planRollback(store, 'x')).rejects.toMatchObject({ code: 'CALUMMA_OPTION' });
  });
});
