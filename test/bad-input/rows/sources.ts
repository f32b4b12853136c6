import { type FullReading, polled, pushed, type Reading, type Source } from '../../../src/index.js';
import { Feed } from '../../runtime/rig.js';
import { type Row, secret, type Stage } from '../row.js';
import { badFeed, fileStage, goodText, type Words } from '../stages.js';

function full(record: Readonly<Record<string, string>>): FullReading {
  return { kind: 'full', entries: new Map(Object.entries(record)) };
}

const garbage = (name: string, reading: unknown, ...says: string[]): Row =>
  badFeed(`a source that yields ${name}`, { code: 'CALUMMA_READING', says: ['subject: expected ', ...says] }, (feed) => feed.say(reading));

const readings: readonly Row[] = [
  garbage('null', null, "a reading of kind 'full' or 'patch'", 'found null'),
  garbage('undefined', undefined, 'found a value of type undefined'),
  garbage('a number', 7, 'found a value of type number'),
  garbage('a text', secret, 'found a value of type string'),
  garbage('a plain object', { 'db.password': secret }, 'found another object'),
  garbage('an array', [secret], 'found'),
  garbage('another kind', { kind: 'delta', entries: new Map() }, "a reading of kind 'full' or 'patch'"),
  garbage('entries that are an object', { kind: 'full', entries: { 'db.password': secret } }, 'a Map of entries', 'found a value of type object'),
  garbage('entries that are missing', { kind: 'full' }, 'a Map of entries', 'found a value of type undefined'),
  garbage('a null among its values', { kind: 'full', entries: new Map([['a', 'x'], ['db.password', null]]) }, 'a string for "db.password"', 'found null'),
  garbage('a number among its values', { kind: 'full', entries: new Map([['a', 7]]) }, 'a string for "a"', 'found a value of type number'),
  garbage('a number among its keys', { kind: 'full', entries: new Map([[7, secret]]) }, 'keys that are strings', 'found a value of type number'),
  garbage('a symbol among its keys', { kind: 'full', entries: new Map([[Symbol('a'), secret]]) }, 'keys that are strings'),
  garbage('a patch without a Map', { kind: 'patch', set: null, remove: new Set() }, 'a Map of entries', 'found null'),
  garbage('a patch whose removals are a list', { kind: 'patch', set: new Map(), remove: ['a'] }, 'a Set of removed keys', 'found an array'),
  garbage('a patch with undefined in it', { kind: 'patch', set: new Map([['kept', undefined]]), remove: new Set() }, 'a string for "kept"'),
  garbage('removals that are numbers', { kind: 'patch', set: new Map(), remove: new Set([7]) }, 'removed keys that are strings'),
  garbage('a version that is no text', { ...full({ subject: 'bad' }), version: 7 }, 'a version that is a string', 'found a value of type number'),
  garbage('a locate that is no function', { ...full({ subject: 'bad' }), locate: 'here' }, 'a locate that is a function', 'found a value of type string'),
  garbage('a time that is no number', { ...full({ subject: 'bad' }), writtenAt: 'today' }, 'a writtenAt that is a number', 'found a value of type string'),
];

const lost = (name: string, error: unknown, ...says: string[]): Row =>
  badFeed(`a source that ${name}`, { code: 'CALUMMA_SOURCE', says: ['subject: the source failed', ...says] }, (feed) => feed.lose(error), {
    again: () => undefined,
  });

function boom(): never {
  throw new Error('out of order');
}

const losses: readonly Row[] = [
  lost('throws an Error', new Error('connection refused'), 'connection refused'),
  lost('throws a text', 'down', 'down'),
  lost('throws null', null),
  lost('throws undefined', undefined),
  lost('throws an object without a prototype', Object.create(null) as unknown),
  lost('throws an object that cannot be shown', { toString: boom }, 'an object'),
  lost('throws what JSON.parse has thrown', syntaxError(), 'does not parse'),
];

function syntaxError(): unknown {
  try {
    return JSON.parse(`{"db.password": ${secret}}`);
  } catch (error) {
    return error;
  }
}

/** A source that does well until it is told not to. */
function moody(name: string, words: Words, bad: (mood: Mood) => Source, extra: Partial<Stage> = {}): Row {
  return {
    name,
    ...words,
    stage() {
      const feed = new Feed('feed');
      feed.full({ subject: 'good' });
      const mood: Mood = { bad: true };
      return {
        layers: [feed],
        turns: 'added',
        state: 'failed',
        harm: (config) => config.addLayer({ source: bad(mood), name: 'added' }, 'top'),
        again: (config) => config.refresh('added'), // the feed has nothing more to say
        async heal(config) {
          mood.bad = false;
          feed.full({ subject: 'healed' });
          await config.refresh('added');
        },
        ...extra,
      };
    },
  };
}

interface Mood {
  bad: boolean;
}

async function* goodReadings(signal: AbortSignal): AsyncGenerator<Reading> {
  yield full({ added: 'x' });
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
}

const failed: Words = { code: 'CALUMMA_SOURCE', says: ['added: the source failed: ', 'out of order'] };

const sources: readonly Row[] = [
  moody('a source whose readings() throws at once', failed, (mood) => ({ name: 'x', readings: (signal) => (mood.bad ? boom() : goodReadings(signal)) })),
  moody('a source whose readings() rejects', failed, (mood) => ({
    name: 'x',
    async *readings(signal) {
      if (mood.bad) await Promise.reject(new Error('out of order'));
      yield* goodReadings(signal);
    },
  })),
  moody('a source whose readings() is no iterable', { code: 'CALUMMA_SOURCE', says: ['added: the source failed: '] }, (mood) => ({ name: 'x', readings: (signal) => (mood.bad ? (7 as never) : goodReadings(signal)) })),
  moody('a source whose readings() gives nothing', { code: 'CALUMMA_SOURCE', says: ['added: the source failed: '] }, (mood) => ({ name: 'x', readings: (signal) => (mood.bad ? (undefined as never) : goodReadings(signal)) })),
  moody('a source that ends without a word', { code: 'CALUMMA_SOURCE', says: ['added: expected a reading, found that the source ended'] }, (mood) => ({
    name: 'x',
    async *readings(signal) {
      if (!mood.bad) yield* goodReadings(signal);
    },
  })),
  moody('a source whose readNow() throws', failed, (mood) => ({ name: 'x', readNow: () => (mood.bad ? boom() : full({ added: 'x' })), readings: (signal) => (mood.bad ? boom() : goodReadings(signal)) })),
  moody('a source whose readNow() gives nothing', { code: 'CALUMMA_READING', says: ['added: expected a reading', 'found a value of type undefined'] }, (mood) => ({ name: 'x', readNow: () => (mood.bad ? (undefined as never) : full({})), attach: () => () => undefined, readings: goodReadings })),
  moody('a source whose readNow() gives a promise', { code: 'CALUMMA_READING', says: ['added: expected a reading', 'found a promise'] }, (mood) => ({ name: 'x', readNow: () => (mood.bad ? (Promise.reject(new Error('late')) as never) : full({})), attach: () => () => undefined, readings: goodReadings })),
  moody('a source whose attach() throws', { ...failed, says: ['added: the source failed: ', 'out of order'] }, (mood) => ({ name: 'x', readNow: () => (mood.bad ? boom() : full({ added: 'x' })), attach: () => (mood.bad ? boom() : () => undefined), readings: goodReadings })),
  moody('a polled source that fails again and again', failed, (mood) => polled('x', () => (mood.bad ? boom() : { added: 'x' }), { everyMs: 10 })),
  moody('a polled source that loads null', { code: 'CALUMMA_READING', says: ['x: expected an object, a Map or pairs', 'found null'] }, (mood) => polled('x', () => (mood.bad ? (null as never) : { added: 'x' }), { everyMs: 10 })),
  moody('a polled source that loads an error page', { code: 'CALUMMA_READING', says: ['x: expected an object, a Map or pairs', 'found a string'] }, (mood) => polled('x', () => (mood.bad ? (`<html>${secret}</html>` as never) : { added: 'x' }), { everyMs: 10 })),
  moody('a polled source that loads nested objects', { code: 'CALUMMA_READING', says: ['"db"', 'found an object'] }, (mood) => polled('x', () => (mood.bad ? ({ db: { password: secret } } as never) : { added: 'x' }), { everyMs: 10 })),
];

/** A client that speaks from its own events: nobody there would catch a throw. */
function pushing(name: string, words: Words, bad: (emit: Emit, fail: Fail) => unknown): Row {
  const never = (): undefined => undefined;
  return moody(`a pushed source that ${name}`, words, (mood) =>
    pushed('x', (emit, fail) => {
      if (mood.bad) setImmediate(() => bad(emit, fail));
      else emit({ added: 'x' });
      return never;
    }),
  );
}

type Emit = Parameters<Parameters<typeof pushed>[1]>[0];
type Fail = Parameters<Parameters<typeof pushed>[1]>[1];

const pushes: readonly Row[] = [
  pushing('emits null', { code: 'CALUMMA_READING', says: ['x: expected an object, a Map or pairs', 'found null'] }, (emit) => emit(null as never)),
  pushing('emits an error page', { code: 'CALUMMA_READING', says: ['x: expected an object', 'found a string'] }, (emit) => emit(`<html>${secret}</html>` as never)),
  pushing('emits nested objects', { code: 'CALUMMA_READING', says: ['"db"', 'found an object'] }, (emit) => emit({ db: { password: secret } } as never)),
  pushing('emits a promise that rejects', { code: 'CALUMMA_READING', says: ['x: expected a reading', 'found a promise'] }, (emit) => emit(Promise.reject(new Error('late')) as never)),
  pushing('fails', failed, (_emit, fail) => fail(new Error('out of order'))),
  pushing('fails with undefined', { code: 'CALUMMA_SOURCE', says: ['added: the source failed: undefined'] }, (_emit, fail) => fail(undefined)),
  moody('a pushed source that cannot subscribe', failed, (mood) => pushed('x', (emit) => (mood.bad ? boom() : (emit({ added: 'x' }), undefined)))),
  moody('a pushed source whose subscription rejects', failed, (mood) => pushed('x', (emit) => (mood.bad ? Promise.reject(new Error('out of order')) : (emit({ added: 'x' }), undefined)))),
  moody('a pushed source that cannot unsubscribe', failed, (mood) => pushed('x', (emit, fail) => {
    if (mood.bad) fail(new Error('lost'));
    else emit({ added: 'x' });
    return () => (mood.bad ? boom() : undefined);
  })),
];

/** A user's own format over a file. */
function garbageFormat(name: string, words: Words, parse: () => unknown): Row {
  return {
    name: `a format of your own that ${name}`,
    ...words,
    stage(lab) {
      const format = {
        name: 'own',
        extensions: ['.own'],
        parse: (text: string) => (text.includes('bad') ? (parse() as never) : new Map([text.trim().split('=') as [string, string]])),
      };
      const stage = fileStage(lab, 'a.own', () => lab.write('a.own', `bad ${secret}\n`), { format });
      return { ...stage, heal: () => lab.write('a.own', goodText('a.properties', 'healed')) };
    },
  };
}

const notMap: Words = { code: 'CALUMMA_SOURCE', says: ['the format own broke off'], origin: 'a.own' };

const formats: readonly Row[] = [
  garbageFormat('throws', { code: 'CALUMMA_FORMAT', says: ['own: does not parse'], origin: 'a.own' }, boom),
  garbageFormat('throws null', { code: 'CALUMMA_FORMAT', says: ['own: does not parse'], origin: 'a.own' }, () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- that is the bad input
    throw null;
  }),
  garbageFormat('gives null', notMap, () => null),
  garbageFormat('gives a number', notMap, () => 7),
  garbageFormat('gives a list', notMap, () => [secret]),
  garbageFormat('gives a promise', notMap, () => Promise.resolve({ subject: 'bad' })),
  garbageFormat('gives a promise that rejects', notMap, () => Promise.reject(new Error('late'))),
  garbageFormat('gives a Set', notMap, () => new Set([secret])),
  garbageFormat('gives a function among its values', notMap, () => ({ subject: () => secret })),
  garbageFormat('gives what contains itself', notMap, () => {
    const loop: Record<string, unknown> = {};
    return Object.assign(loop, { loop, again: loop });
  }),
  garbageFormat('gives a date that is none', notMap, () => ({ subject: new Date(NaN) })),
  garbageFormat('gives an object that throws when it is looked at', notMap, () => Object.defineProperty({}, 'subject', { enumerable: true, get: boom })),
];

export const sourceRows: readonly Row[] = [...readings, ...losses, ...sources, ...pushes, ...formats];
