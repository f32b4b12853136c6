import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Config, configFromFile, isWritable, memory, type Snapshot, values, type Writable } from '../../src/index.js';
import { sqlite } from '../../src/sources/sqlite/index.js';
import { testFolder } from '../sources/files/folder.js';
import { rig, stateOf, thrownBy, until } from './rig.js';

const why = { author: 'ann', reason: 'test' };

function storeIn(folder: string, name: string): ReturnType<typeof sqlite> {
  return sqlite({ path: join(folder, `${name}.db`), name, create: true });
}

function codeOf(act: () => unknown): unknown {
  const error = thrownBy(act) as { code?: string; message: string };
  return [error.code, error.message];
}

describe('the layers that can be written', () => {
  it('are listed highest first, and lent by name or the highest', async () => {
    const folder = testFolder().path;
    const [high, low] = [storeIn(folder, 'high'), storeIn(folder, 'low')];
    const { config } = rig([memory(), high, values({ a: '1' }), { source: low, name: 'base' }]);
    expect(config.writables).toEqual(['high', 'base']);
    expect([config.writable() === high, config.writable('base') === low]).toEqual([true, true]);
    config.removeLayer('high');
    expect([config.writables, config.writable() === low]).toEqual([['base'], true]);
    await config.close();
  });

  it('are missed with a reason', async () => {
    const { config } = rig([memory(), values({ a: '1' })]);
    expect(config.writables).toEqual([]);
    expect(codeOf(() => config.writable())).toEqual(['CALUMMA_READ_ONLY', 'expected a layer that can be written, found none among memory, values: a store can, such as sqlite or postgres']);
    expect(codeOf(() => config.writable('memory'))).toEqual(['CALUMMA_READ_ONLY', 'expected a layer that can be written, found "memory"']);
    expect(codeOf(() => config.writable('nowhere'))).toEqual(['CALUMMA_UNKNOWN_LAYER', 'expected one of the layers memory, values, found "nowhere"']);
    expect(codeOf(() => config.writable(5 as never))).toEqual(['CALUMMA_OPTION', 'layer: expected a string, found a number']);
    config.addLayer(storeIn(testFolder().path, 'store'));
    expect(codeOf(() => config.writable('values'))).toEqual(['CALUMMA_READ_ONLY', 'expected one of the layers that can be written (store), found "values"']);
    await config.close();
  });

  it('are those of calumma.yaml too, before their modules are loaded', async () => {
    const folder = testFolder();
    folder.write('calumma.yaml', `layers: [{ env: {} }, { sqlite: { path: ${folder.at('config.db')}, create: true } }]\n`);
    const config = configFromFile(folder.at('calumma.yaml'));
    expect([config.writables, isWritable(config.writable())]).toEqual([['sqlite'], true]);
    await config.writable('sqlite').set({ 'gateway.limit': 50 }, why);
    await until(() => config.get('gateway.limit') === '50');
    await config.close();
  });
});

describe('a view', () => {
  async function views(): Promise<{ store: Writable; view: Config; close: () => Promise<void> }> {
    const store = storeIn(testFolder().path, 'store');
    const { config } = rig([store]);
    await config.ready();
    return { store, view: config.view('gateway'), close: () => config.close() };
  }

  it('writes below its prefix', async () => {
    const { store, view, close } = await views();
    const lent = view.writable('store');
    await lent.set({ limit: 1, '[0]': 'first', gone: null }, why);
    await lent.set(new Map([['a', '1'], ['b', '2']]), why);
    await lent.delete('a', why);
    await lent.delete(['b', 'c'], why);
    await store.set({ other: 1 }, why);
    expect((await store.history()).map(({ key }) => key)).toEqual(['other', 'gateway.b', 'gateway.a', 'gateway.b', 'gateway.a', 'gateway[0]', 'gateway.limit']);
    expect((await lent.history()).map(({ key }) => key)).toEqual(['b', 'a', 'b', 'a', '[0]', 'limit']);
    expect((await lent.history(undefined, 2)).map(({ key }) => key)).toEqual(['b', 'a']);
    expect((await lent.history('limit')).map(({ key, after }) => [key, after])).toEqual([['limit', '1']]);
    await until(() => view.get('limit') === '1');
    await close();
  });

  it('finds its own history behind that of many other keys', async () => {
    const { store, view, close } = await views();
    await view.writable().set({ first: '1' }, why);
    for (let round = 0; round < 3; round++) await store.set(Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`other.${at}`, round])), why);
    expect((await view.writable().history(undefined, 1)).map(({ key }) => key)).toEqual(['first']);
    await close();
  });

  it('leaves to the store what is no entries', async () => {
    const { view, close } = await views();
    const lent = view.writable();
    for (const bad of [undefined, null, 5, 'text', [1], new Date()]) await expect(lent.set(bad as never, why)).rejects.toMatchObject({ code: 'CALUMMA_OPTION' });
    for (const bad of [undefined, null, 5, [null], { a: 1 }]) await expect(lent.delete(bad as never, why)).rejects.toMatchObject({ code: 'CALUMMA_OPTION' });
    await close();
  });

  it('previews under its own names', async () => {
    const { config } = rig([memory({ 'gateway.limit': '1', other: '${gateway.limit}' })]);
    config.keys();
    const view = config.view('gateway');
    expect(view.preview({ layer: 'memory', set: { limit: 2 } }).map(({ key, before, after }) => [key, before, after])).toEqual([['limit', '1', '2']]);
    expect(view.preview({ layer: 'memory', delete: 'limit' }).map(({ key, after }) => [key, after])).toEqual([['limit', undefined]]);
    await config.close();
  });
});

describe('a preview', () => {
  it('tells what would change in the whole, and moves nothing', () => {
    const feed = memory({ a: '1', b: '1', url: '<${a}>', hidden: 'low' }, { name: 'feed' });
    const top = memory({ hidden: 'high' }, { name: 'top' });
    const { config } = rig([top, feed, values({ b: '0', gone: 'x' })]);
    const heard: unknown[] = [];
    config.on('change', (set) => heard.push(set));
    const held = config.snapshot();
    const before = [stateOf(config), held.entries()];
    const changes = config.preview({ layer: 'feed', set: { a: 2, c: true, hidden: 'x' }, delete: ['b', 'nowhere'] });
    expect(changes.map(({ key, before, after, layer }) => [key, before, after, layer]).sort()).toEqual([
      ['a', '1', '2', 'feed'],
      ['b', '1', '0', 'values'],
      ['c', undefined, 'true', 'feed'],
      ['url', '<1>', '<2>', 'feed'],
    ]);
    expect([stateOf(config), held.entries(), heard, config.snapshot() === held]).toEqual([...before, [], true]);
  });

  it('is of the highest layer that can be written, unless another one is named', async () => {
    const { config } = rig([memory({ a: '1' }), storeIn(testFolder().path, 'store')]);
    expect(config.preview({ set: { a: '2', b: '1' } }).map(({ key, layer }) => [key, layer])).toEqual([['b', 'store']]);
    expect(config.preview({ layer: 'memory', set: new Map([['a', '2']]) })).toHaveLength(1);
    expect([config.preview({}), config.preview({ set: { a: '1' }, layer: 'memory' })]).toEqual([[], []]);
    await config.close();
  });

  it('agrees with what a reading then changes', () => {
    const feed = memory({ a: '1', 'b.c': '${a}', d: '${b.c}-${e:none}' });
    const { config } = rig([feed, values({ a: 'base', e: 'low' })]);
    const told: unknown[] = [];
    config.on('change', ({ changes }) => told.push(changes.map(({ key, before, after, layer }) => [key, before, after, layer]).sort()));
    const planned = config.preview({ layer: 'memory', set: { e: 'x' }, delete: ['a'] });
    feed.replace({ 'b.c': '${a}', d: '${b.c}-${e:none}', e: 'x' });
    expect([planned.map(({ key, before, after, layer }) => [key, before, after, layer]).sort()]).toEqual(told);
  });

  it('is refused as the reading would be', () => {
    const guard = (candidate: Snapshot): void => {
      if (Number(candidate.get('limit')) > 100) throw new RangeError('at most 100');
    };
    const { config, errors } = rig([{ source: memory({ limit: '1' }), maxBytes: 100 }], { guards: [guard], maxBytes: 200 });
    const before = stateOf(config);
    expect(codeOf(() => config.preview({ layer: 'memory', set: { limit: 500 } }))).toEqual(['CALUMMA_GUARD', 'memory: a guard refused the reading: at most 100']);
    expect(codeOf(() => config.preview({ layer: 'memory', set: { a: 'x'.repeat(100) } }))).toEqual([
      'CALUMMA_TOO_LARGE', 'memory: expected at most 100 bytes in this layer, found 107; the last good reading stays',
    ]);
    expect([stateOf(config), errors, config.health().state]).toEqual([before, [], 'live']);
  });

  it('may be asked inside a listener', () => {
    const feed = memory({ a: '1' });
    const { config, errors } = rig([feed]);
    const seen: unknown[] = [];
    config.onChange('a', () => seen.push(config.preview({ layer: 'memory', set: { a: '3' } }).map(({ before, after }) => [before, after])));
    feed.set('a', '2');
    expect([seen, errors, config.get('a')]).toEqual([[[['2', '3']]], [], '2']);
  });

  it.each([
    [undefined, 'CALUMMA_OPTION'],
    [{ layers: 'memory' }, 'CALUMMA_OPTION'],
    [{ layer: 5 }, 'CALUMMA_OPTION'],
    [{ layer: 'nowhere' }, 'CALUMMA_UNKNOWN_LAYER'],
    [{ set: { a: '1' } }, 'CALUMMA_READ_ONLY'],
    [{ layer: 'memory', set: { a: null } }, 'CALUMMA_OPTION'],
    [{ layer: 'memory', set: 'a' }, 'CALUMMA_OPTION'],
    [{ layer: 'memory', delete: [5] }, 'CALUMMA_OPTION'],
    [{ layer: 'memory', delete: { a: 1 } }, 'CALUMMA_OPTION'],
  ])('of %j is refused with %s', (options, code) => {
    const { config } = rig([memory()]);
    expect(thrownBy(() => config.preview(options as never))).toMatchObject({ code });
  });

  it('says what must not be shown: secrets, and what would be or was filled from one', () => {
    const { config } = rig([memory({ 'db.password': 'hunter2', open: 'x', was: '${db.password}' }), values({ open: '${db.password}' })]);
    const changes = config.preview({ layer: 'memory', set: { 'db.password': 'hunter3', a: '${b}', b: '<${db.password}>', was: 'plain', e: '${env:NO_TOKEN:d}', d: '1' }, delete: 'open' });
    expect(changes.map(({ key, secret }) => [key, secret]).sort()).toEqual([
      ['a', true], ['b', true], ['d', false], ['db.password', true], ['e', true], ['open', true], ['was', true],
    ]);
    const texts = [['db.password', 'x'], ['never.set.token', 'x'], ['a', '${db.password:x}'], ['a', 'plain'], ['u', 'postgres://ann:pw@host/db'], ['was', 'x']] as const;
    expect(texts.map(([key, text]) => config.shown(key, text))).toEqual(['***', '***', '***', 'plain', 'postgres://ann:***@host/db', '***']);
    expect(config.view('db').shown('password', 'x')).toBe('***');
  });

  it('takes any key', () => {
    const { config } = rig([memory()]);
    const set = new Map([['__proto__', 'a'], ['constructor', 'b'], ['', 'c']]);
    expect(config.preview({ layer: 'memory', set }).map(({ key, after }) => [key, after])).toEqual([...set]);
  });
});
