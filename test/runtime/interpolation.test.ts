import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { env, memory, values } from '../../src/index.js';
import { Feed, rig, until } from './rig.js';

describe('a value that mentions others', () => {
  // Archaius 1: dependants neither update nor call back.
  it('moves with them, through as many steps as it takes, and tells its listeners', () => {
    const feed = memory({ host: 'one', port: '80' });
    const { config } = rig([values({ url: 'http://${address}/', address: '${host}:${port}' }), feed]);
    const url = config.getUrlProperty('url', 'http://localhost');
    const heard: string[] = [];
    url.onChange((now, before) => heard.push(`${before.host} -> ${now.host}`));
    config.on('change', ({ changes }) => heard.push(changes.map(({ key }) => key).sort().join(' ')));
    feed.set('host', 'two');
    feed.replace({ host: 'three', port: '8080' });
    expect(heard).toEqual(['one -> two', 'address host url', 'two -> three:8080', 'address host port url']);
    expect(config.get('url')).toBe('http://three:8080/');
  });

  it('takes defaults, nested names, escapes, the environment, the process and the context', () => {
    const { config, errors } = rig(
      [values({ a: '${b:1}', c: '${x.${which}}', which: 'y', 'x.y': 'nested', d: '$${a}', e: '${env:PATH}', f: '${sys:pid}', g: '${@region}', h: '${b:${a}}' })],
      { context: { region: 'eu' } },
    );
    expect(['a', 'c', 'd', 'e', 'f', 'g', 'h'].map((key) => config.get(key))).toEqual(['1', 'nested', '${a}', process.env.PATH, String(process.pid), 'eu', '1']);
    expect(errors).toEqual([]);
  });

  it('follows a key that comes, goes and changes its layer', () => {
    const [top, low] = [memory({}, { name: 'top' }), memory({}, { name: 'low' })];
    const { config } = rig([top, values({ a: '<${b:none}>' }), low]);
    const seen: unknown[] = [config.get('a')];
    for (const act of [() => low.set('b', '1'), () => top.set('b', '2'), () => low.delete('b'), () => top.delete('b')]) {
      act();
      seen.push(config.get('a'));
    }
    expect(seen).toEqual(['<none>', '<1>', '<2>', '<2>', '<none>']);
  });

  it('forgets what it mentioned before', () => {
    const feed = memory({ a: '${b}', b: '1', c: '1' });
    const { config } = rig([feed]);
    feed.set('a', '${c}');
    const heard: string[] = [];
    config.onChange('a', ({ after }) => heard.push(String(after)));
    feed.set('b', '2');
    feed.set('c', '3');
    expect(heard).toEqual(['3']);
  });

  it('stays as it stands when it mentions itself, names the circle, and recovers', () => {
    const feed = memory({ a: '${b}', b: '${c}', c: '${a}' });
    const { config, errors } = rig([feed]);
    expect(config.get('a')).toBe('${b}');
    expect(errors.every((error) => error.code === 'CALUMMA_INTERPOLATION')).toBe(true);
    expect(errors.map((error) => error.message)).toContain('a: mentions itself: a -> b -> c -> a (memory:a)');
    feed.set('c', 'end');
    expect([config.get('a'), config.get('b')]).toEqual(['end', 'end']);
  });

  it('leaves a key that is missing as it stands and reports it once', () => {
    const feed = memory({ a: '${nope}', b: '${a}' });
    const { config, errors } = rig([feed]);
    expect([config.get('a'), config.get('b')]).toEqual(['${nope}', '${nope}']);
    expect(errors.map((error) => error.message)).toEqual(['a: mentions ${nope}, which is set nowhere and has no default (memory:a)']);
    feed.set('nope', 'yes');
    expect(config.get('b')).toBe('yes');
  });

  it('may mention a layer further down, at the start too', () => {
    const { config, errors } = rig([values({ a: '${b}' }, { name: 'top' }), values({ b: '1' }, { name: 'middle' }), values({ c: '2' })]);
    expect([config.get('a'), errors]).toEqual(['1', []]);
  });

  it('is not reported while a layer that may have the key has still to speak', async () => {
    const [feed, slow] = [new Feed('feed'), new Feed('slow')];
    const { config, errors } = rig([values({ a: '${b}', c: '${d}', e: 'open ${' }), feed, slow]);
    feed.full({ b: '1' });
    await until(() => config.get('a') === '1');
    expect(errors).toEqual([]);
    slow.lose(new Error('down'));
    await until(() => errors.length >= 3);
    expect(errors.map((error) => error.code).sort()).toEqual(['CALUMMA_INTERPOLATION', 'CALUMMA_MISSING_KEY', 'CALUMMA_SOURCE']);
    await config.close();
  });

  it('reports a reference that leads nowhere since its layer was taken out', () => {
    const { config, errors } = rig([values({ a: '${b}' }, { name: 'top' }), values({ b: '1' })]);
    config.removeLayer('values');
    expect([config.get('a'), errors.map((error) => error.code)]).toEqual(['${b}', ['CALUMMA_MISSING_KEY']]);
  });

  it('is left alone with interpolate: false', () => {
    const { config, errors } = rig([values({ a: '${b}', b: '1', c: '$${x}' })], { interpolate: false });
    expect([config.get('a'), config.get('c'), errors, config.explain('a').interpolation]).toEqual(['${b}', '$${x}', [], []]);
  });
});

describe('a value filled from a secret', () => {
  beforeEach(() => vi.stubEnv('CALUMMA_TEST_PASSWORD', 'hunter2'));
  afterEach(() => vi.unstubAllEnvs());
  const layers = (): ReturnType<typeof values>[] => [
    values({ url: 'pg://app:${db.password}@db', copy: '${url}', guess: '${api.token:hunter2}', plain: 'x', shell: '${env:CALUMMA_TEST_PASSWORD}' }),
    values({ url: 'pg://${db.password:hunter2}@old', 'db.password': 'hunter2' }, { name: 'low' }),
    env({ environment: { ALIAS_URL: 'pg://${db.password}', DB_SECRET: 'hunter2' } }),
  ];

  it('is masked in explain, by whatever way the secret came', () => {
    const { config } = rig(layers());
    expect([config.get('url'), config.get('shell'), config.get('alias.url')]).toEqual(['pg://app:hunter2@db', 'hunter2', 'pg://hunter2']);
    for (const key of ['url', 'copy', 'guess', 'shell', 'db.password', 'alias.url', 'ALIAS_URL', 'db.secret', 'DB_SECRET']) {
      const explanation = config.explain(key);
      expect([key, explanation.secret, explanation.value]).toEqual([key, true, '***']);
      expect(JSON.stringify(explanation) + String(explanation)).not.toContain('hunter2');
    }
    expect(config.explain('plain').value).toBe('x');
  });

  it('is masked in explain before anybody has read it', () => {
    const { config } = rig([env({ environment: { ALIAS_URL: 'pg://${db.password}' } }), values({ 'db.password': 'hunter2' })]);
    expect(String(config.explain('alias.url'))).not.toContain('hunter2');
  });

  it('is masked in explain where it is part of the name of a reference', () => {
    const { config } = rig([values({ named: '${x${db.password}}', 'db.password': 'hunter2' })]);
    expect(config.explain('named').interpolation).toMatchObject([{ expression: '${x${db.password}}', key: '***' }, { expression: '${db.password}', key: 'db.password', value: '***' }]);
    expect(JSON.stringify(config.explain('named'))).not.toContain('hunter2');
  });

  it('is masked in the error of a property', () => {
    const { config, errors } = rig(layers());
    config.getIntProperty('copy', 0);
    config.getIntProperty('plain', 0);
    expect(errors.map((error) => error.message)).toEqual([
      'copy: expected an integer, found *** (values:copy)',
      'plain: expected an integer, found "x" (values:plain)',
    ]);
  });

  it('is decided by redact: words in any case, anywhere, and patterns', () => {
    const { config } = rig([values({ 'my.PIN.code': '1', 'x.salt': '2', password: '3' })], { redact: ['pin', /salt$/] });
    expect(['my.PIN.code', 'x.salt', 'password'].map((key) => config.explain(key).value)).toEqual(['***', '***', '3']);
  });
});
