import { type Config, createConfig, type Guard, memory, type Reading, type Source, values } from '../../../src/index.js';
import { type Row, secret, type Stage } from '../row.js';
import { badCall, badFeed, type Words } from '../stages.js';

const wrong = (name: string, says: readonly string[], act: (config: Config) => unknown, code: Row['code'] = 'CALUMMA_OPTION'): Row => badCall(name, { code, says }, act);

const misuse: readonly Row[] = [
  wrong('a layer of a name that is taken', ['found "memory" twice'], (c) => c.addLayer(memory()), 'CALUMMA_DUPLICATE_LAYER'),
  wrong('a layer without a name', ['addLayer.name', 'a name'], (c) => c.addLayer({ ...values({}), name: '' })),
  wrong('a layer that is no source', ['addLayer', 'a source'], (c) => c.addLayer({} as never)),
  wrong('a layer that is a path', ['addLayer', 'a source'], (c) => c.addLayer('app.yaml' as never)),
  wrong('a layer that is undefined', ['addLayer', 'found undefined'], (c) => c.addLayer(undefined as never)),
  wrong('a layer in a place nobody knows', ['addLayer', "'top', 'bottom'", 'found "middle"'], (c) => c.addLayer(values({}), 'middle' as never)),
  wrong('a layer in a place that is null', ['addLayer', 'found null'], (c) => c.addLayer(values({}), null as never)),
  wrong('a layer in no place', ['addLayer', "'top', 'bottom'"], (c) => c.addLayer(values({}), {} as never)),
  wrong('a layer above nobody', ['expected one of the layers above, memory, below', 'found "nobody"'], (c) => c.addLayer(values({}), { above: 'nobody' }), 'CALUMMA_UNKNOWN_LAYER'),
  wrong('a layer below a number', ['expected one of the layers'], (c) => c.addLayer(values({}), { below: 7 as never }), 'CALUMMA_UNKNOWN_LAYER'),
  wrong('the removal of nobody', ['expected one of the layers above, memory, below', 'found "nobody"'], (c) => c.removeLayer('nobody'), 'CALUMMA_UNKNOWN_LAYER'),
  wrong('the removal of the overrides', ['found "overrides"'], (c) => c.removeLayer('overrides'), 'CALUMMA_UNKNOWN_LAYER'),
  wrong('the removal of undefined', ['expected one of the layers'], (c) => c.removeLayer(undefined as never), 'CALUMMA_UNKNOWN_LAYER'),
  wrong('a refresh of nobody', ['found "nobody"'], (c) => c.refresh('nobody'), 'CALUMMA_UNKNOWN_LAYER'),
  wrong('a refresh of __proto__', ['found "__proto__"'], (c) => c.refresh('__proto__'), 'CALUMMA_UNKNOWN_LAYER'),
];

const afterClose = (name: string, act: (config: Config) => unknown): Row =>
  wrong(`${name} of a config that is closed`, ['the config is closed'], async () => {
    const closed = createConfig({ layers: [values({ 'db.password': secret })] });
    await closed.close();
    await act(closed);
  }, 'CALUMMA_CLOSED');

const closed: readonly Row[] = [
  afterClose('an override', (c) => c.override('a', 1)),
  afterClose('an end of an override', (c) => c.clearOverride('a')),
  afterClose('overrides for a while', (c) => c.withOverrides({ a: 1 }, () => undefined)),
  afterClose('a new layer', (c) => c.addLayer(memory())),
  afterClose('the removal of a layer', (c) => c.removeLayer('values')),
];

/** A guard that refuses what has `bad` in it. */
function guarded(name: string, says: readonly string[], guard: Guard): Row {
  return badFeed(name, { code: 'CALUMMA_GUARD', says: ['subject: ', ...says] }, (feed) => feed.full({ subject: 'bad', 'db.password': secret }), {
    options: { guards: [(candidate, changes) => (candidate.get('subject') === 'bad' ? guard(candidate, changes) : undefined)] },
  });
}

/* eslint-disable @typescript-eslint/only-throw-error -- that is the bad input */
const guards: readonly Row[] = [
  guarded('a guard that throws', ['a guard refused the reading: too much'], () => {
    throw new RangeError('too much');
  }),
  guarded('a guard that throws null', ['a guard refused the reading: null'], () => {
    throw null;
  }),
  guarded('a guard that throws what has no words', ['a guard refused the reading'], () => {
    throw Object.create(null);
  }),
  guarded('a guard whose promise rejects', ['expected a guard that decides at once'], () => Promise.reject(new Error('late'))),
  guarded('a guard whose promise resolves', ['expected a guard that decides at once'], () => Promise.resolve()),
  guarded('a guard that parses what it should not', ['a guard refused the reading: what was read does not parse'], (candidate) => JSON.parse(candidate.get('db.password') ?? '') as unknown),
];
/* eslint-enable @typescript-eslint/only-throw-error */

/** Feeds that hang: nothing is reported, so what is asserted is that the config ends them and goes on. */
function hanging(name: string, readings: Source['readings']): Row {
  const words: Words = { code: 'CALUMMA_NOT_READY', says: ['expected a reading of each required layer within 20 ms', 'hanging (no answer yet)'] };
  return {
    name,
    ...words,
    stage(): Stage {
      const feed = memory({ subject: 'good' });
      return {
        layers: [feed],
        turns: 'hanging',
        state: 'loading',
        harm(config) {
          config.addLayer({ source: { name: 'hanging', readings }, required: true });
          return config.ready({ timeoutMs: 20 });
        },
        again: (config) => config.ready({ timeoutMs: 0 }),
        heal(config) {
          config.removeLayer('hanging');
          feed.set('subject', 'healed');
        },
      };
    },
  };
}

const never = new Promise<never>(() => undefined);

const hung: readonly Row[] = [
  hanging('a required source that never answers', async function* () {
    await never;
    yield* [];
  }),
  hanging('a required source that ignores its end', () => ({ [Symbol.asyncIterator]: () => ({ next: () => never as Promise<IteratorResult<Reading>>, return: () => never as Promise<IteratorResult<Reading>> }) })),
];

export const layerRows: readonly Row[] = [...misuse, ...closed, ...guards, ...hung];
