import { z } from 'zod';

import { type Config, configFromFile, configure, int, list, map, memory, set, type StandardSchema } from '../../../src/index.js';
import { type Row, secret } from '../row.js';
import { badCall } from '../stages.js';

const wrong = (name: string, says: readonly string[], act: (config: Config) => unknown, code: Row['code'] = 'CALUMMA_OPTION'): Row => badCall(name, { code, says }, act);

const readiness: readonly Row[] = [
  wrong('ready with a misspelled option', ['ready(options)', 'found "timeout"'], (c) => c.ready({ timeout: 5 } as never)),
  wrong('ready with null', ['ready(options)', 'found null'], (c) => c.ready(null as never)),
  wrong('ready with a timeout of NaN', ['ready({ timeoutMs })', 'found NaN'], (c) => c.ready({ timeoutMs: NaN })),
  wrong('ready with a timeout below nothing', ['ready({ timeoutMs })', 'found -1'], (c) => c.ready({ timeoutMs: -1 })),
  wrong('ready with a timeout in words', ['ready({ timeoutMs })', 'found "3s"'], (c) => c.ready({ timeoutMs: '3s' as never })),
  wrong('ready with a signal that is none', ['the signal of ready()', 'an AbortSignal'], (c) => c.ready({ signal: 7 as never })),
];

const asynchronous = { '~standard': { version: 1, vendor: 'test', validate: () => Promise.reject(new Error('late')) } } as unknown as StandardSchema<object>;
const throwing = { '~standard': { version: 1, vendor: 'test', validate: () => { throw new Error('out of order'); } } } as unknown as StandardSchema<object>;
const silent = { '~standard': { version: 1, vendor: 'test', validate: () => undefined } } as unknown as StandardSchema<object>;

const binding: readonly Row[] = [
  wrong('bind to null', ['bind', 'specs such as { rate: int(100) }, or a schema', 'found null'], (c) => c.bind('a', null as never)),
  wrong('bind to a text', ['bind', 'found "int"'], (c) => c.bind('a', 'int' as never)),
  wrong('bind below a number', ['bind(prefix)', 'found a number'], (c) => c.bind(7 as never, { rate: int(1) })),
  wrong('bind to a type without default', ['bind', 'a.rate', 'a type without a default'], (c) => c.bind('a', { rate: int as never })),
  wrong('bind to a number', ['bind', 'a.rate', 'found number'], (c) => c.bind('a', { rate: 100 as never })),
  wrong('bind to a null among specs', ['bind', 'a.b.rate', 'found null'], (c) => c.bind('a', { b: { rate: null as never } })),
  wrong('bind to a default that is none', ['a.rate: expected an integer as default, found 1.5'], (c) => c.bind('a', { rate: int(1.5) })),
  wrong('bind to a list of words', ['the parser of the elements', 'found a string'], (c) => c.bind('a', { hosts: list('int' as never) })),
  wrong('bind to a list whose default is a number', ['the default: expected an array, found a number'], (c) => c.bind('a', { hosts: list(int, 7 as never) })),
  wrong('bind to a set whose default is a number', ['the default: expected a Set or an array, found a number'], (c) => c.bind('a', { hosts: set(int, 7 as never) })),
  wrong('bind to a map whose default is a list', ['the default: expected a Map or an object, found an array'], (c) => c.bind('a', { hosts: map(int, [] as never) })),
  wrong('bind to a schema that is asynchronous', ['the schema is asynchronous'], (c) => c.bind('db', asynchronous)),
  wrong('bind to a schema that throws', ['db: ', 'out of order'], (c) => c.bind('db', throwing), 'CALUMMA_VALIDATION'),
  wrong('bind to a schema that gives nothing', ['db: '], (c) => c.bind('db', silent), 'CALUMMA_VALIDATION'),
  wrong('bind to a schema that refuses what is there', ['db: ', 'password'], (c) => c.bind('db', z.object({ password: z.coerce.number() })), 'CALUMMA_VALIDATION'),
  {
    name: 'a state that the schema of a bound tree refuses',
    code: 'CALUMMA_VALIDATION',
    says: ['db: ', 'password'],
    moves: 'others',
    stage() {
      const source = memory({ subject: 'good', 'db.password': 'good', 'db.port': '1' });
      const schema = z.object({ password: z.string().refine((text) => text !== secret, { error: (issue) => `not ${String(issue.input)}` }), port: z.string() });
      let bound: Readonly<z.infer<typeof schema>> | undefined;
      return {
        layers: [source],
        harm(config) {
          bound = config.bind('db', schema);
          source.set('db.password', secret);
          if (bound.password !== 'good') throw new Error('the bound tree has moved');
        },
        heal() {
          source.replace({ subject: 'healed', 'db.password': 'better', 'db.port': '2' });
          if (bound?.password !== 'better' || bound.port !== '2') throw new Error('the bound tree has not moved');
        },
      };
    },
  },
];

const reading: readonly Row[] = [
  wrong('keys below a number', ['keys(prefix)', 'found a number'], (c) => c.keys(7 as never)),
  wrong('entries below an object', ['prefix', 'found an object'], (c) => c.entries({} as never)),
  wrong('a view below null', ['view(prefix)', 'found null'], (c) => c.view(null as never)),
  wrong('an explanation of undefined', ['explain(key)', 'found undefined'], (c) => c.explain(undefined as never)),
  wrong('a property of a view whose name is a number', ['expected a string, found a number'], (c) => c.view('a').getIntProperty(7 as never, 1)),
];

const defaults: readonly Row[] = [
  wrong('configure with null', ['found null'], () => configure(null as never)),
  wrong('configure with undefined', ['found undefined'], () => configure(undefined as never)),
  wrong('configure with a text', ['found "app.yaml"'], () => configure('app.yaml' as never)),
  wrong('configure with a list', ['found an array'], () => configure([] as never)),
  wrong('configure with a view', ['found a view'], (c) => configure(c.view('a'))),
  wrong('configure with a misspelled option', ['found "layer"'], () => configure({ layers: [], layer: [] } as never)),
];

export const callRows: readonly Row[] = [...readiness, ...binding, ...reading, ...defaults];

/** A `calumma.yaml`: the error has every problem with its place, and nothing of the running config moves. */
function description(name: string, text: string | Buffer, line: number, column: number, ...says: string[]): Row {
  return described(name, text, { code: 'CALUMMA_DESCRIPTION', says: [`calumma.yaml:${line}:${column}: `, ...says], line, column });
}

function described(name: string, text: string | Buffer, words: Pick<Row, 'code' | 'says' | 'line' | 'column'>): Row {
  return badCall(`calumma.yaml: ${name}`, words, (_config, lab) => {
    lab.write('calumma.yaml', text);
    return configFromFile(lab.at('calumma.yaml'));
  });
}

const file = 'calumma.yaml';

export const descriptionRows: readonly Row[] = [
  description('nothing in it', '', 1, 1, 'the key "layers" is missing'),
  description('a misspelled key', 'layres: []\nlayers: []\n', 1, 1, 'unknown key "layres"', 'did you mean "layers"?'),
  description('layers that are a map', 'layers: { env: {} }\n', 1, 1, 'expected a list of layers', 'found a map'),
  description('a layer of a kind nobody knows', 'layers:\n  - envi: {}\n', 2, 5, 'unknown kind of layer "envi"', 'did you mean "env"?'),
  description('a layer that is a number', 'layers:\n  - 7\n', 2, 5, 'unknown kind of layer "7"'),
  description('a layer that is null', 'layers:\n  -\n', 2, 3, 'found null'),
  description('two kinds in one layer', 'layers:\n  - env: {}\n    args: {}\n', 3, 5, 'expected one kind of layer, found env and args'),
  description('an option nobody knows', 'layers:\n  - file: { path: a.yaml, wacth: true }\n', 2, 27, 'unknown key "wacth"', 'did you mean "watch"?'),
  description('an option beside its kind', 'layers:\n  - file:\n    path: a.yaml\n', 3, 5, 'belongs into "file"'),
  description('a file without path', 'layers:\n  - file: { watch: true }\n', 2, 5, 'the key "path" is missing'),
  description('a flag that is none', 'layers:\n  - file: { path: a.yaml, watch: perhaps }\n', 2, 27, 'watch: expected true or false, found "perhaps"'),
  description('a duration that is none', 'layers:\n  - file: { path: a.yaml, removalGraceMs: soon }\n', 2, 27, 'expected a duration such as 2s, or 0, found "soon"'),
  description('a path that is a list', 'layers:\n  - file: { path: [a] }\n', 2, 13, 'path: expected a path, found a list'),
  description('a path that is empty', 'layers:\n  - file: { path: "" }\n', 2, 13, 'path: expected a path, found ""'),
  description('a file of no format', 'layers:\n  - file: { path: a.docx }\n', 2, 5, 'no format for "a.docx"'),
  description('a format nobody knows', 'layers:\n  - file: { path: a.x, format: xml }\n', 2, 24, 'unknown format "xml"'),
  description('two layers of one name', 'layers:\n  - env\n  - env\n', 3, 5, 'a second layer is called "env"'),
  description('a size that is none', 'maxBytes: much\nlayers: []\n', 1, 1, 'expected a size such as 10MB, found "much"'),
  description('a context that is a list', 'context: [prod]\nlayers: []\n', 1, 1, 'expected a map such as { environment: prod }, found a list'),
  description('a reference to a key', `layers:\n  - file: { path: "\${db.password}" }\n`, 2, 13, 'expected ${env:…}, ${sys:…} or ${@…}'),
  description('a reference to a variable set nowhere', 'layers:\n  - file: { path: "${env:CALUMMA_NOBODY}" }\n', 2, 13, '${env:CALUMMA_NOBODY}'),
  description('a secret where a flag belongs', `layers:\n  - values: { name: a, entries: { db: { password: ${secret} } } }\n    required: "\${env:NOBODY_PASSWORD:${secret}}"\n`, 3, 5, 'required: expected true or false, found ***'),
  described('a tab as indentation', `layers:\n\t- env: ${secret}\n`, { code: 'CALUMMA_FORMAT', says: ['yaml: a tab in the indentation', `${file}:2:1`], line: 2, column: 1 }),
  described('a key that stands twice', 'layers: []\nlayers: []\n', { code: 'CALUMMA_FORMAT', says: ['duplicate key "layers"', `${file}:2:1`], line: 2, column: 1 }),
  described('a list at its root', '- env\n', { code: 'CALUMMA_FORMAT', says: ['expected a map, found a list'], line: 1, column: 1 }),
  described('the bytes of a picture', Buffer.from('89504e470d0a1a0a00', 'hex'), { code: 'CALUMMA_FORMAT', says: ['not UTF-8', file], line: 1, column: 1 }),
  described('a NUL', 'layers: []\0\n', { code: 'CALUMMA_FORMAT', says: ['binary data'], line: 1, column: 11 }),
  badCall('calumma.yaml that is not there', { code: 'CALUMMA_SOURCE', says: ['nowhere.yaml: expected a description', 'found no such file'] }, (_config, lab) => configFromFile(lab.at('nowhere.yaml'))),
  badCall('calumma.yaml that is a folder', { code: 'CALUMMA_SOURCE', says: ['expected a description', 'EISDIR'] }, (_config, lab) => configFromFile(lab.folder)),
  badCall('calumma.yaml without a path', { code: 'CALUMMA_OPTION', says: ['expected a non-empty string', 'found undefined'] }, () => configFromFile(undefined as never)),
  badCall('calumma.yaml with a NUL in its path', { code: 'CALUMMA_OPTION', says: ['NUL'] }, () => configFromFile('a\0b')),
];
