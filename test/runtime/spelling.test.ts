import { describe, expect, it } from 'vitest';
import { createConfig, env, memory, type Source, values } from '../../src/index.js';
import { rig } from './rig.js';

describe('a dotted key and an environment variable', () => {
  it('is answered by the variable over the layers below, and not over those above', () => {
    const environment = { GATEWAY_LIMIT: '7', GATEWAY_RATE: '8' };
    const { config } = rig([values({ 'gateway.rate': '1' }, { name: 'top' }), env({ environment }), values({ 'gateway.limit': '2', 'gateway.rate': '2' })]);
    expect([config.get('gateway.limit'), config.get('gateway.rate')]).toEqual(['7', '1']);
    expect(config.getIntProperty('gateway.limit', 0).origin).toBe('env:GATEWAY_LIMIT');
  });

  it.each([
    ['exactly', { 'a.b': '1', a_b: '2', A_B: '3' }, '1'],
    ['with underscores', { a_b: '2', A_B: '3' }, '2'],
    ['in upper case', { A_B: '3' }, '3'],
  ])('is found %s first', (_, environment, expected) => {
    expect(rig([env({ environment: environment })]).config.get('a.b')).toBe(expected);
  });

  it('falls to the next step when a closer spelling goes', async () => {
    const environment: Record<string, string | undefined> = { 'a.b': '1', a_b: '1', A_B: '3' };
    const { config } = rig([env({ environment })]);
    const heard: unknown[] = [];
    config.getStringProperty('a.b', '').onChange((now, before) => heard.push([before, now]));
    delete environment['a.b'];
    await config.refresh();
    expect(config.get('a.b')).toBe('1');
    delete environment.a_b;
    await config.refresh('env');
    expect(config.get('a.b')).toBe('3');
    delete environment.A_B;
    await config.refresh();
    expect(config.get('a.b')).toBeUndefined();
    expect(heard).toEqual([['1', '3'], ['3', '']]);
  });

  it('moves with refresh(), callbacks and ${…} included, also when nobody has read the dotted key', async () => {
    const environment: Record<string, string> = { DB_HOST: 'one' };
    const { config } = rig([env({ environment }), values({ url: 'jdbc:${db.host}' })]);
    const url = config.getStringProperty('url', '');
    const heard: unknown[] = [];
    url.onChange((now, before) => heard.push([before, now]));
    config.on('change', ({ changes }) => heard.push(changes.map(({ key, before, after }) => `${key}: ${before} -> ${after}`)));
    environment.DB_HOST = 'two';
    await config.refresh();
    expect(heard).toEqual([
      ['jdbc:one', 'jdbc:two'],
      ['DB_HOST: one -> two', 'db.host: one -> two', 'url: jdbc:one -> jdbc:two'],
    ]);
  });

  it('is not among the keys, unless a layer lists it', () => {
    const low = memory({ 'a.b': '2' }, { name: 'low' });
    const { config } = rig([env({ environment: { A_B: '1', C_D: '1' } }), low]);
    expect(config.get('c.d')).toBe('1');
    expect(config.keys().sort()).toEqual(['A_B', 'C_D', 'a.b']);
    expect(config.entries('a')).toEqual([['a.b', '1']]);
    low.delete('a.b');
    expect(config.keys().sort()).toEqual(['A_B', 'C_D']);
    low.set('c.d', '9');
    expect(config.keys().sort()).toEqual(['A_B', 'C_D', 'c.d']);
    expect(config.get('c.d')).toBe('1');
  });

  it('has the value before in a change, though nobody has read it', () => {
    const top = memory({}, { name: 'top' });
    const { config } = rig([top, env({ environment: { A_B: '1' } })]);
    const held = config.snapshot();
    const heard: unknown[] = [];
    config.on('change', ({ changes }) => heard.push(...changes.map(({ before, after }) => [before, after])));
    top.set('a.b', '1');
    top.set('a.b', '2');
    top.delete('a.b');
    expect(heard).toEqual([['1', '2'], ['2', '1']]);
    expect(held.get('a.b')).toBe('1');
  });

  it('keeps what a held snapshot lists', () => {
    const low = memory({ 'a.b': '2' }, { name: 'low' });
    const { config } = rig([env({ environment: { A_B: '1' } }), low]);
    const before = config.snapshot();
    low.delete('a.b');
    const between = config.snapshot();
    low.set('a.b', '3');
    expect(before.keys().sort()).toEqual(['A_B', 'a.b']);
    expect(between.keys()).toEqual(['A_B']);
    expect(config.snapshot().keys().sort()).toEqual(['A_B', 'a.b']);
    config.removeLayer('env');
    expect(before.keys().sort()).toEqual(['A_B', 'a.b']);
    expect([before.get('a.b'), between.get('a.b'), config.get('a.b')]).toEqual(['1', '1', '3']);
  });

  it('keeps answering when deletes are ignored', async () => {
    const environment: Record<string, string> = { A_B: '1', C: '1' };
    const { config } = rig([{ source: env({ environment }), deletes: 'ignore' }]);
    expect(config.get('a.b')).toBe('1');
    delete environment.A_B;
    environment.C = '2';
    await config.refresh();
    expect([config.get('a.b'), config.get('C')]).toEqual(['1', '2']);
  });

  it('shows the lower layer again when the environment is taken out', () => {
    const { config } = rig([env({ environment: { A_B: '1' } }), values({ 'a.b': '2' })]);
    const property = config.getIntProperty('a.b', 0);
    config.removeLayer('env');
    expect([property.get(), config.get('A_B')]).toEqual([2, undefined]);
  });

  it('stays readable when a source of one\'s own fails to spell', () => {
    const broken: Source = {
      name: 'broken',
      readNow: () => ({ kind: 'full', entries: new Map([['A', '1']]), locate: () => { throw new Error('lost'); } }),
      async *readings() { /* nothing more */ },
      spelling: () => { throw new Error('cannot spell'); },
    };
    const config = createConfig({ layers: [broken], onError: () => undefined });
    expect([config.get('a'), config.get('A')]).toEqual([undefined, '1']);
    expect(config.getIntProperty('A', 0).origin).toBe('broken:A');
    expect(config.explain('a').winner).toBeUndefined();
  });
});
