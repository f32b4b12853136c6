import assert from 'node:assert/strict';
import { applyPatch } from '../core/diff.js';
import { ConfigError } from '../core/errors.js';
import { planRollback } from '../core/rollback.js';
import { isWritable, type Writable, type WriteOptions } from '../core/writable.js';
import { reading } from './reader.js';
import type { ConformanceCase, Rig } from './rig.js';

const why: WriteOptions = { author: 'ann', reason: 'conformance' };

/** What every source promises that can be written. */
export const writeCases: readonly ConformanceCase[] = [
  writing('what is written through the source is seen by its readers', async (store, rig) => {
    await reading(rig, async (reader) => {
      await reader.untilRead();
      await store.set({ a: '1', n: 5, yes: true }, why);
      for (const [key, value] of [['a', '1'], ['n', '5'], ['yes', 'true']] as const) await reader.untilIs(key, value);
      await store.delete('a', why);
      await reader.untilIs('a', undefined);
      await store.delete(['n', 'yes', 'never there'], why);
      await reader.untilIs('yes', undefined);
    });
  }),

  writing('several keys of one write, removals among them, arrive in one reading', async (store, rig) => {
    await store.set({ left: '0', right: '0', old: '0' }, why);
    await reading(rig, async (reader) => {
      await reader.untilRead();
      await store.set({ left: '1', right: '1', old: null }, why);
      await reader.untilIs('left', '1');
      let state: ReadonlyMap<string, string> = new Map();
      for (const one of reader.readings) {
        state = one.kind === 'full' ? one.entries : applyPatch(state, one);
        assert.equal(state.get('left'), state.get('right'), 'no reader sees half of a write');
        assert.equal(state.has('old'), state.get('left') === '0', 'nor a removal by itself');
      }
    });
  }),

  writing('several keys of one write, removals among them, have one version, also in the history', async (store) => {
    const first = await store.set({ left: '0', right: '0', old: '0' }, why);
    const second = await store.set({ left: '1', right: '1', new: '1', old: null }, why);
    const third = await store.delete(['left', 'new'], why);
    const changed = new Map<string, string[]>();
    for (const { key, version } of await store.history()) changed.set(version, [...(changed.get(version) ?? []), key].sort());
    assert.deepEqual([...changed], [
      [third.version, ['left', 'new']],
      [second.version, ['left', 'new', 'old', 'right']],
      [first.version, ['left', 'old', 'right']],
    ]);
  }),

  writing('a rollback undoes whole writes', async (store, rig) => {
    const { version } = await store.set({ left: '0', right: '0', old: '0' }, why);
    await store.set({ left: '1', right: '1', new: '1', old: null }, why);
    await store.set({ right: '2' }, why);
    const { entries, expectedVersion } = await planRollback(store, version);
    await store.set(entries, { ...why, ...(expectedVersion !== undefined && { expectedVersion }) });
    await holds(rig, { left: '0', right: '0', old: '0' });
  }),

  writing('a stale expectedVersion is refused, and nothing changes', async (store, rig) => {
    const first = await store.set({ a: '1', b: '1' }, why);
    await store.set({ a: '2' }, why);
    const stale = { ...why, expectedVersion: first.version };
    await refusal('CALUMMA_CONFLICT', store.set({ a: '3', c: '3' }, stale));
    await refusal('CALUMMA_CONFLICT', store.delete('a', stale));
    await holds(rig, { a: '2', b: '1' });
    await store.set({ b: '2' }, stale); // nobody has touched this one since
    await holds(rig, { a: '2', b: '2' });
  }),

  writing('a removal counts as a change for who expects a version', async (store, rig) => {
    const first = await store.set({ a: '1' }, why);
    await store.delete('a', why);
    await refusal('CALUMMA_CONFLICT', store.set({ a: '2' }, { ...why, expectedVersion: first.version }));
    await holds(rig, {});
  }),

  writing('the version of a write is that of the readings which have it', async (store, rig) => {
    const { version } = await store.set({ a: '1' }, why);
    await reading(rig, async (reader) => {
      await reader.untilIs('a', '1');
      assert.equal(reader.version, version);
      await store.set({ a: '2' }, { ...why, expectedVersion: version });
      await reader.untilIs('a', '2');
      await store.set({ a: '3' }, { ...why, expectedVersion: reader.version });
    });
  }, ({ ownVersions }) => (ownVersions === true ? 'its readings have versions of their own' : undefined)),

  writing('the history tells who changed what, when and why, newest first', async (store, rig) => {
    const by = (author: string): string => rig.authorOf?.(author) ?? author;
    const since = Date.now() - 60_000;
    await store.set({ a: '1', b: '1' }, why);
    await store.set({ a: '2' }, { author: 'bob', reason: 'more' });
    const { version } = await store.delete('a', { author: 'eve', reason: 'done' });
    const told = await store.history('a');
    assert.deepEqual(told.map(({ key, before, after, author, reason }) => ({ key, before, after, author, reason })), [
      { key: 'a', before: '2', after: undefined, author: by('eve'), reason: 'done' },
      { key: 'a', before: '1', after: '2', author: by('bob'), reason: 'more' },
      { key: 'a', before: undefined, after: '1', ...why, author: by(why.author) },
    ]);
    assert.equal(told[0]?.version, version);
    for (const { at } of told) assert.ok(at.getTime() > since && at.getTime() < Date.now() + 60_000, `expected the time of the write, found ${at.toISOString()}`);
    assert.equal((await store.history()).length, 4);
    assert.deepEqual((await store.history(undefined, 1)).map(({ author }) => author), [by('eve')]);
    assert.deepEqual(await store.history('never there'), []);
  }),

  writing('what is set to what it is leaves no trace', async (store) => {
    const { version } = await store.set({ a: '1' }, why);
    assert.deepEqual([(await store.set({ a: '1' }, why)).version, (await store.history('a')).length], [version, 1]);
  }),

  writing('more than 10 MB are refused, and nothing changes', async (store, rig) => {
    await store.set({ a: '1' }, why);
    const large = Object.fromEntries(Array.from({ length: 24 }, (_, index) => [`large.${index}`, 'x'.repeat(500_000)]));
    await refusal('CALUMMA_TOO_LARGE', store.set({ a: '2', ...large }, why));
    await holds(rig, { a: '1' });
  }),

  writing('a wrong call is refused, and nothing changes', async (store, rig) => {
    await store.set({ a: '1' }, why);
    const calls: (() => Promise<unknown>)[] = [
      () => store.set({ a: '2' }, {} as WriteOptions),
      () => store.set({ a: '2' }, { ...why, author: '' }),
      () => store.set({ a: '2' }, { ...why, reason: 5 as unknown as string }),
      () => store.set({ a: '2' }, { ...why, expectedVersion: 5 as unknown as string }),
      () => store.set({ a: '2' }, { ...why, who: 'me' } as WriteOptions),
      () => store.set({ a: {} as string }, why),
      () => store.set({ a: undefined as unknown as string }, why),
      () => store.set('a=2' as never, why),
      () => store.set({ a: '2', ['k'.repeat(70_000)]: '1' }, why),
      () => store.delete(5 as unknown as string, why),
      () => store.delete('a', undefined as unknown as WriteOptions),
      () => store.history(5 as unknown as string),
      () => store.history('a', 0),
      () => store.history('a', 1.5),
    ];
    for (const call of calls) await refusal('CALUMMA_OPTION', call());
    await holds(rig, { a: '1' });
  }),
];

function writing(name: string, run: (store: Writable, rig: Rig) => Promise<void>, whyNot: ConformanceCase['whyNot'] = () => undefined): ConformanceCase {
  return {
    name,
    whyNot: (rig) => (isWritable(rig.source) ? whyNot(rig) : 'the source cannot be written'),
    run: (rig) => run(rig.source as unknown as Writable, rig),
  };
}

async function refusal(code: string, write: Promise<unknown>): Promise<void> {
  const error: unknown = await write.then(() => undefined, (thrown: unknown) => thrown);
  assert.ok(error instanceof ConfigError, `expected a ConfigError ${code}, found ${String(error)}`);
  assert.equal(error.code, code, error.message);
}

async function holds(rig: Rig, entries: Readonly<Record<string, string>>): Promise<void> {
  await reading(rig, async (reader) => {
    await reader.untilRead();
    assert.deepEqual(Object.fromEntries(reader.entries), { ...rig.initial, ...entries });
  });
}
