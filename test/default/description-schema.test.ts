import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import { kinds } from '../../src/default/description-kinds.js';
import { descriptionSchema } from '../../src/default/description-schema.js';
import { schemaAccepts, validate } from './schema.js';
import { readText } from './scratch.js';

const good = fileURLToPath(new URL('../../fixtures/description/good', import.meta.url));
const schema = descriptionSchema() as unknown as SchemaMap & { readonly $defs: Readonly<Record<string, SchemaMap>> };

interface SchemaMap {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
  readonly items?: SchemaMap;
  readonly anyOf?: readonly SchemaMap[];
  readonly oneOf?: readonly SchemaMap[];
}

function readerAccepts(text: string): boolean {
  try {
    readText(text);
    return true;
  } catch {
    return false;
  }
}

const pem = '-----BEGIN CERTIFICATE-----\n';
const files = { 'ca.pem': pem, 'client.pem': pem, 'client.key': pem };

const below = (kind: string, options: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(options).map(([name, value]) => [`${kind}.${name}`, value]));
const rhythm = (kind: string) => below(kind, { every: '1s', timeout: '2s', reconcile: '1m' });
const account = (kind: string) => below(kind, { host: 'db.example', port: '5432', user: 'calumma', password: '"${env:DB_PASSWORD:}"', database: 'config', ssl: 'true' });
const table = (kind: string) => below(kind, {
  table: 'config.properties', query: 'SELECT 1', key: 'name', value: 'text', version: 'false', updatedAt: 'changed', filter: '{ application: gateway, shard: 3 }',
});

/** A good value for every option there is: `layer.…` beside a kind, `<kind>.…` below it, the rest at the top. */
const samples: Readonly<Record<string, string>> = {
  context: '{ environment: prod, shard: 3 }',
  interpolate: 'false',
  redact: '[pin]',
  cacheDir: 'cache',
  maxBytes: '5MB',
  layers: '[env]',
  configs: '{ billing: { layers: [env], context: { region: eu }, cacheDir: b, cache: {}, maxBytes: 1MB, interpolate: no, redact: [pin] } }',
  outputs: '[]',
  sidecar: '{}',
  'output.to': '/run/config/gateway',
  'output.config': 'default',
  'output.prefix': 'gateway',
  'output.formats': '[properties, env, json, yaml, files]',
  'output.check': '[nginx, -t, -c, nginx.conf]',
  'output.reload': '{ signal: HUP, pidFile: /run/nginx.pid }',
  'output.quietMs': '1s',
  'output.timeoutMs': '30s',
  'output.reveal': 'true',
  'daemon.host': '"::1"',
  'daemon.port': '0',
  'daemon.socket': '/run/calumma/sidecar.sock',
  'daemon.tokens': 'tokens',
  'daemon.tls': '{ key: a.key, cert: a.pem, ca: ca.pem }',
  'daemon.hosts': '[config.internal]',
  'layer.name': 'first',
  'layer.required': 'true',
  'layer.maxStalenessMs': '20s',
  'layer.maxBytes': '1024',
  'layer.deletes': 'ignore',
  'env.prefix': 'APP_',
  'values.entries': '{ a: { b: [1, 2] } }',
  'values.name': 'defaults',
  'file.path': 'app.yaml',
  'file.format': 'toml',
  'file.encoding': 'latin1',
  'file.watch': 'false',
  'file.required': 'true',
  'file.removalGraceMs': '0',
  'files.name': 'application',
  'files.in': '[config, .]',
  'files.variants': '["{name}"]',
  'files.formats': '[yaml]',
  'files.encoding': 'utf8',
  'files.watch': 'true',
  'files.removalGraceMs': '1s',
  'directory.path': '/run/secrets',
  'directory.encoding': 'utf8',
  'directory.watch': 'true',
  'directory.removalGraceMs': '500',
  cache: '{ encrypt: "${env:CACHE_KEY:none}" }',
  'layer.massRemoval': 'refuse',
  'url.href': '[https://one.example/app.yaml, https://two.example/app.yaml]',
  'url.every': '2s',
  'url.format': 'yaml',
  'url.encoding': 'latin1',
  'url.headers': '{ accept: application/yaml }',
  'url.ca': 'ca.pem',
  'url.cert': 'client.pem, key: client.key',
  'url.key': 'client.key, cert: client.pem',
  'url.proxy': 'http://user:password@proxy.example:3128',
  'url.redirects': '0',
  'url.connectTimeout': '1s',
  'url.timeout': '3s',
  'url.maxBytes': '1MB',
  'url.optional': 'true',
  'url.name': 'central',
  'sqlite.path': 'config.db',
  'sqlite.create': 'true',
  ...rhythm('sqlite'),
  ...table('sqlite'),
  'postgres.connectionString': 'postgres://user:password@localhost/config',
  'postgres.channel': 'changes',
  'postgres.listen': 'false',
  ...account('postgres'),
  ...rhythm('postgres'),
  ...table('postgres'),
  'mysql.uri': 'mysql://user:password@localhost/config',
  ...account('mysql'),
  ...rhythm('mysql'),
  ...table('mysql'),
  'redis.url': 'redis://localhost:6379/0',
  'redis.host': 'localhost',
  'redis.port': '6379',
  'redis.username': 'calumma',
  'redis.password': '"007"',
  'redis.db': '1',
  'redis.hash': 'config',
  'redis.prefix': '"config:"',
  'redis.history': 'config:changes',
  'redis.historyLength': '100',
  'redis.notifications': 'keyspace',
  ...rhythm('redis'),
  'sidecar.url': 'http://127.0.0.1:8078',
  'sidecar.socketPath': '/run/calumma/sidecar.sock',
  'sidecar.config': 'billing',
  'sidecar.prefix': 'gateway',
  'sidecar.token': '"${env:CALUMMA_TOKEN:none}"',
  'sidecar.tokenFile': '/etc/calumma/token',
  'sidecar.ca': 'ca.pem',
  'sidecar.cert': 'client.pem, key: client.key',
  'sidecar.key': 'client.key, cert: client.pem',
  'sidecar.snapshotDir': '/run/config/gateway',
  'sidecar.writeTo': 'store',
  'sidecar.timeout': '3s',
  'sidecar.silence': '30s',
  'zookeeper.connect': '"127.0.0.1:2181,127.0.0.1:2182/app"',
  'zookeeper.root': '/config/gateway',
  'zookeeper.layout': 'document',
  'zookeeper.separator': '/',
  'zookeeper.format': 'yaml',
  'zookeeper.gzip': 'true',
  'zookeeper.sessionTimeout': '9s',
  'zookeeper.heartbeat': 'true',
  'zookeeper.history': '/config/changes',
  'zookeeper.historyLength': '100',
  'zookeeper.reconcile': '30s',
};

/** A description with this one value, and what it cannot do without. */
function around(option: string, value: string): string {
  const [owner = '', name = ''] = option.split('.');
  if (name === '') return option === 'layers' ? `layers: ${value}` : `layers: []\n${option}: ${value}`;
  if (owner === 'daemon') return `layers: []\nsidecar: { ${name}: ${value} }`;
  if (owner === 'output') return `layers: []\noutputs:\n  - { ${outputWith(name, value)} }`;
  if (owner === 'layer') return `layers:\n  - args: {}\n    ${name}: ${value}`;
  const oneOf = schema.$defs[owner]?.oneOf?.map(({ required }) => required?.[0] ?? '') ?? [];
  const chosen = oneOf.includes(name) ? [] : oneOf.slice(0, 1);
  const needed = [...(schema.$defs[owner]?.required ?? []), ...chosen].filter((other) => other !== name);
  const options = [...needed.map((other) => `${other}: ${samples[`${owner}.${other}`] ?? ''}`), `${name}: ${value}`];
  return `layers:\n  - ${owner}: { ${options.join(', ')} }`;
}

function outputWith(name: string, value: string): string {
  const needed = ['to: out', 'formats: [json]'].filter((option) => !option.startsWith(`${name}:`));
  return [...needed, `${name}: ${value}`].join(', ');
}

function optionsOfSchema(): string[] {
  const optionsOf = (owner: string, map: SchemaMap | undefined) => Object.keys(map?.properties ?? {}).map((name) => `${owner}.${name}`);
  const layer = schema.$defs.layer?.anyOf?.find(({ properties }) => properties !== undefined);
  const beside = optionsOf('layer', layer).filter((option) => !Object.hasOwn(kinds, option.slice('layer.'.length)));
  const { outputs, sidecar } = schema.properties as Readonly<Record<'outputs' | 'sidecar', SchemaMap>>;
  const daemon = [...optionsOf('daemon', sidecar), ...optionsOf('output', outputs.items)];
  return [...Object.keys(schema.properties ?? {}), ...daemon, ...beside, ...Object.keys(kinds).flatMap((name) => optionsOf(name, schema.$defs[name]))];
}

test('calumma.schema.json is what the table of kinds and options says; vitest -u writes it anew', async () => {
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot('../../calumma.schema.json');
});

test('the schema knows the kinds that the reader knows', () => {
  const layer = schema.$defs.layer?.anyOf?.find(({ properties }) => properties !== undefined);
  expect(Object.keys(layer?.properties ?? {})).toEqual(expect.arrayContaining(Object.keys(kinds)));
  expect(Object.keys(schema.$defs)).toEqual(['reference', 'layer', ...Object.keys(kinds)]);
});

test('every option of the schema has a sample here', () => {
  expect(optionsOfSchema().sort()).toEqual(Object.keys(samples).sort());
});

describe('the schema and the reader agree on', () => {
  test.each(Object.entries(samples))('%s: %s', (option, value) => {
    const text = around(option, value);
    expect(schemaAccepts(text), JSON.stringify(validate.errors)).toBe(true);
    expect(() => readText(text, {}, files)).not.toThrow();
  });

  test.each(Object.keys(samples))('a list of lists in the place of %s, which both refuse', (option) => {
    const text = around(option, '[[]]');
    expect([schemaAccepts(text), readerAccepts(text)]).toEqual([false, false]);
  });

  test.each(Object.keys(samples))('a misspelled %s, which both refuse', (option) => {
    const text = around(`${option}x`, samples[option] ?? '');
    expect([schemaAccepts(text), readerAccepts(text)]).toEqual([false, false]);
  });

  test.each(readdirSync(good))('fixtures/description/good/%s', (name) => {
    const text = readFileSync(path.join(good, name), 'utf8');
    expect(schemaAccepts(text), JSON.stringify(validate.errors)).toBe(true);
    expect(() => readText(text)).not.toThrow();
  });
});
