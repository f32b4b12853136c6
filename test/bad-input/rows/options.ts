import { args, type ConfigOptions, createConfig, directory, env, file, files, memory, once, polled, pushed, registerFormat, values } from '../../../src/index.js';
import { type Row, secret } from '../row.js';
import { badCall } from '../stages.js';

function wrong(name: string, says: readonly string[], act: () => unknown, code: Row['code'] = 'CALUMMA_OPTION'): Row {
  return badCall(name, { code, says }, act);
}

function config(name: string, options: unknown, ...says: string[]): Row {
  return wrong(`createConfig with ${name}`, says, () => createConfig(options as ConfigOptions));
}

const good = { readings: () => [] as never, name: 'good' };

const ofConfig: readonly Row[] = [
  config('nothing', undefined, 'createConfig', 'found undefined'),
  config('null', null, 'createConfig', 'found null'),
  config('a list', [], 'createConfig', 'found an array'),
  config('a text', secret.slice(0, 0) || 'x', 'createConfig', 'expected options'),
  config('a misspelled option', { layers: [], interpolat: true }, 'createConfig', 'interpolate', 'found "interpolat"'),
  config('no layers', {}, 'layers', 'expected a list of sources, found undefined'),
  config('layers that are no list', { layers: {} }, 'layers', 'expected a list of sources'),
  config('a layer that is null', { layers: [null] }, 'layers[0]', 'expected a source', 'found null'),
  config('a layer that is a text', { layers: [good, 'app.yaml'] }, 'layers[1]', 'expected a source'),
  config('a layer that is a promise', { layers: [Promise.resolve(good)] }, 'layers[0]', 'expected a source', 'found an object (Promise)'),
  config('a layer that is a function', { layers: [env] }, 'layers[0]', 'expected a source', 'found a function'),
  config('a layer without source', { layers: [{ name: 'x' }] }, 'layers[0]', 'a source'),
  config('a misspelled option of a layer', { layers: [{ source: good, requird: true }] }, 'layers[0]', 'required', 'found "requird"'),
  config('a layer without name', { layers: [{ ...good, name: '' }] }, 'layers[0].name', 'expected a name'),
  config('a layer whose name is a number', { layers: [{ source: good, name: 7 }] }, 'layers[0].name', 'found 7'),
  config('a required that is a text', { layers: [{ source: good, required: 'yes' }] }, 'layers[0].required', 'expected true or false'),
  config('a staleness of NaN', { layers: [{ source: good, maxStalenessMs: NaN }] }, 'layers[0].maxStalenessMs', 'found NaN'),
  config('a staleness below nothing', { layers: [{ source: good, maxStalenessMs: -1 }] }, 'layers[0].maxStalenessMs', 'found -1'),
  config('a staleness that is no duration', { layers: [{ source: good, maxStalenessMs: 'soon' }] }, 'layers[0].maxStalenessMs', 'found "soon"'),
  config('a size of a layer that is none', { layers: [{ source: good, maxBytes: 'large' }] }, 'layers[0].maxBytes', 'found "large"'),
  config('deletes that are a flag', { layers: [{ source: good, deletes: true }] }, 'layers[0].deletes', "'apply' or 'ignore'", 'found true'),
  config('maxBytes of nothing', { layers: [], maxBytes: 0 }, 'maxBytes', 'found 0'),
  config('maxBytes of NaN', { layers: [], maxBytes: NaN }, 'maxBytes', 'found NaN'),
  config('maxBytes below nothing', { layers: [], maxBytes: -5 }, 'maxBytes', 'found -5'),
  config('maxBytes that is an object', { layers: [], maxBytes: {} }, 'maxBytes', 'found an object'),
  config('interpolate that is a text', { layers: [], interpolate: 'yes' }, 'interpolate', 'expected true or false'),
  config('a context that is a text', { layers: [], context: 'prod' }, 'context', 'found "prod"'),
  config('a context value that is a number', { layers: [], context: { stack: 7 } }, 'context.stack', 'expected a string, found 7'),
  config('redact that is a text', { layers: [], redact: 'password' }, 'redact', 'a list of words'),
  config('redact with a number', { layers: [], redact: [7] }, 'redact', 'a list of words'),
  config('guards that are one function', { layers: [], guards: () => undefined }, 'guards', 'a list of functions'),
  config('a guard that is a text', { layers: [], guards: ['no'] }, 'guards', 'a list of functions'),
  config('an onError that is no function', { layers: [], onError: 'warn' }, 'onError', 'expected a function'),
  config('a cacheDir that is a number', { layers: [], cacheDir: 7 }, 'cacheDir', 'expected a path'),
  wrong('createConfig with two layers of one name', ['distinct names', 'found "a" twice'], () => createConfig({ layers: [memory({}, { name: 'a' }), values({}, { name: 'a' })] }), 'CALUMMA_DUPLICATE_LAYER'),
];

const ofSources: readonly Row[] = [
  wrong('values of null', ['values(record)', 'found null'], () => values(null as never)),
  wrong('values with an undefined value', ['values(record)', '"a"', 'found undefined'], () => values({ a: undefined } as never)),
  wrong('values with an object in them', ['"a"', 'found an object'], () => values({ a: { b: secret } } as never)),
  wrong('values of a promise', ['values(record)', 'found an object (Promise)'], () => values(Promise.resolve({}) as never)),
  wrong('values of pairs that are none', ['pairs of key and value', 'found a string'], () => values(['ab'] as never)),
  wrong('values of pairs whose keys are numbers', ['keys that are strings', 'found a number'], () => values([[1, 'a']] as never)),
  wrong('values with a misspelled option', ['values(options)', 'found "nam"'], () => values({}, { nam: 'x' } as never)),
  wrong('values with an empty name', ['values({ name })', 'an empty string'], () => values({}, { name: '' })),
  wrong('a memory with a symbol as value', ['"db.password"', 'found a symbol'], () => memory({ 'db.password': Symbol(secret) } as never)),
  wrong('a memory whose options are null', ['memory(options)', 'found null'], () => memory({}, null as never)),
  wrong('an argv that is a text', ['args({ argv })', 'found a string'], () => args({ argv: '--a=b' as never })),
  wrong('an argv with a number', ['args({ argv: [1] })', 'found a number'], () => args({ argv: ['--a', 7] as never })),
  wrong('args with a misspelled option', ['args(options)', 'found "arg"'], () => args({ arg: [] } as never)),
  wrong('an environment that is null', ['env({ environment })', 'found null'], () => env({ environment: null as never })),
  wrong('an environment with a number', ['env({ environment })', 'DB_PASSWORD', 'found a number'], () => env({ environment: { DB_PASSWORD: 7 } as never })),
  wrong('a prefix that is no text', ['env({ prefix })', 'found a number'], () => env({ prefix: 7 as never })),
  wrong('a file with a misspelled option', ['file(options)', 'found "wacth"'], () => file('a.yaml', { wacth: false } as never)),
  wrong('a file whose watch is a text', ['file({ watch })', 'true or false'], () => file('a.yaml', { watch: 'no' as never })),
  wrong('a file whose required is null', ['file({ required })', 'found null'], () => file('a.yaml', { required: null as never })),
  wrong('a file in an encoding nobody knows', ['file({ encoding })', 'found "utf16"'], () => file('a.yaml', { encoding: 'utf16' as never })),
  wrong('a file in a format nobody knows', ['no format is called "xml"'], () => file('a.yaml', { format: 'xml' }), 'CALUMMA_UNKNOWN_FORMAT'),
  wrong('a file whose format is a number', ['file({ format })', 'found a number'], () => file('a.yaml', { format: 7 as never })),
  wrong('a grace of NaN', ['file({ removalGraceMs })', 'found a number'], () => file('a.yaml', { removalGraceMs: NaN })),
  wrong('a grace below nothing', ['file({ removalGraceMs })'], () => file('a.yaml', { removalGraceMs: -1 })),
  wrong('a grace without end', ['file({ removalGraceMs })'], () => file('a.yaml', { removalGraceMs: Infinity })),
  wrong('a grace that a timer cannot hold', ['directory({ removalGraceMs })', '2147483647'], () => directory('a', { removalGraceMs: 2 ** 31 })),
  wrong('a directory with a format', ['directory(options)', 'found "format"'], () => directory('a', { format: 'yaml' } as never)),
  wrong('variants that are a text', ['variants'], () => files('a', { variants: '{name}' as never })),
  wrong('a variant that is no text', ['variants'], () => files('a', { variants: [7 as never] })),
  wrong('a variant with an open brace', ['variants'], () => files('a', { variants: ['{name'] })),
  wrong('formats without any', ['files({ formats })'], () => files('a', { formats: [] })),
  wrong('a format among them that is null', ['files({ formats })', 'found null'], () => files('a', { formats: [null as never] })),
  wrong('a polled source without a name', ['polled(name)', 'an empty string'], () => polled('', () => ({}))),
  wrong('a polled source without a function', ['polled(load)', 'found undefined'], () => polled('a', undefined as never)),
  wrong('a poll every NaN', ['polled({ everyMs })'], () => polled('a', () => ({}), { everyMs: NaN })),
  wrong('a poll that goes back in time', ['polled({ everyMs })'], () => polled('a', () => ({}), { everyMs: -5 })),
  wrong('a poll whose pause is a text', ['polled({ everyMs })', 'found a string'], () => polled('a', () => ({}), { everyMs: '5s' as never })),
  wrong('a source read once without a function', ['once(load)', 'found an object'], () => once('a', {} as never)),
  wrong('a pushed source without a function', ['pushed(subscribe)', 'found null'], () => pushed('a', null as never)),
];

const format = { name: 'rows', extensions: ['.rows'], parse: () => new Map<string, string>() };

const ofFormats: readonly Row[] = [
  wrong('a format that is null', ['needs a name'], () => registerFormat(null as never)),
  wrong('a format without name', ['needs a name'], () => registerFormat({ ...format, name: '' })),
  wrong('a format whose extensions are a text', ['extensions must be a list'], () => registerFormat({ ...format, extensions: '.rows' as never })),
  wrong('a format whose extensions have no dot', ['begin with a dot'], () => registerFormat({ ...format, extensions: ['rows'] })),
  wrong('a format without parse', ['parse must be a function'], () => registerFormat({ ...format, parse: undefined as never })),
  wrong('a format whose media types are a text', ['mediaTypes must be a list'], () => registerFormat({ ...format, mediaTypes: 'a/b' as never })),
  wrong('a format whose locate is a number', ['locate must be a function'], () => registerFormat({ ...format, locate: 7 as never })),
];

export const optionRows: readonly Row[] = [...ofConfig, ...ofSources, ...ofFormats];
