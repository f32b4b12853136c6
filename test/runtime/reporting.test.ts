import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ChangeSet, ConfigError, createConfig, memory, values } from '../../src/index.js';
import { warnOnce } from '../../src/runtime/reporter.js';
import { rig, until } from './rig.js';

function listenTo(name: string): unknown[] {
  const heard: unknown[] = [];
  const listener = (message: unknown): unknown => heard.push(message);
  subscribe(name, listener);
  onTestFinished(() => void unsubscribe(name, listener));
  return heard;
}

describe('the diagnostics channels', () => {
  it('carry publishes, readings and errors', () => {
    const [publishes, readings, errors] = ['publish', 'reading', 'error'].map((name) => listenTo(`calumma:${name}`)) as [ChangeSet[], unknown[], ConfigError[]];
    const feed = memory({ a: '1' });
    const { config } = rig([feed], { maxBytes: 3 });
    config.getIntProperty('a', 0);
    feed.set('a', 'x');
    feed.set('a', 'too long');
    expect(publishes.map(({ version, changes }) => [version, changes.map(({ key, before, after }) => [key, before, after])])).toEqual([
      [1, [['a', undefined, '1']]], [2, [['a', '1', 'x']]],
    ]);
    expect(readings).toMatchObject([{ layer: 'memory', reading: { kind: 'full' }, refused: undefined }, { reading: { kind: 'patch' } }, { refused: { code: 'CALUMMA_TOO_LARGE' } }]);
    expect(errors.map((error) => error.code)).toEqual(['CALUMMA_CONVERSION', 'CALUMMA_TOO_LARGE']);
  });
});

describe('the default reporter', () => {
  it('says each distinct error once, as a process warning', async () => {
    const warnings: (Error & { code?: string })[] = [];
    const listener = (warning: Error): unknown => warnings.push(warning);
    process.on('warning', listener);
    onTestFinished(() => void process.off('warning', listener));
    const feed = memory({ a: '1' });
    const config = createConfig({ layers: [feed] });
    config.getIntProperty('a', 0);
    for (const text of ['x', '1', 'x', '2', 'y', 'x']) feed.set('a', text);
    const ours = (): typeof warnings => warnings.filter((warning) => warning.name === 'CalummaWarning');
    await until(() => ours().length === 2);
    expect(ours().map(({ message, code }) => [code, message])).toEqual([
      ['CALUMMA_CONVERSION', 'a: expected an integer, found "x" (memory:a)'],
      ['CALUMMA_CONVERSION', 'a: expected an integer, found "y" (memory:a)'],
    ]);
  });

  it('does not remember without end', () => {
    const said: string[] = [];
    const report = warnOnce((text) => said.push(text));
    for (let i = 0; i < 1_001; i++) report(new ConfigError('CALUMMA_SOURCE', `error ${i}`));
    report(new ConfigError('CALUMMA_SOURCE', 'error 1000'));
    report(new ConfigError('CALUMMA_SOURCE', 'error 0'));
    expect([said.length, said.at(-1)]).toEqual([1_002, 'error 0']);
  });
});

describe('onError', () => {
  it('gets every error, and can fail nobody by throwing or rejecting', async () => {
    const seen: string[] = [];
    const feed = memory({ a: '1' });
    const config = createConfig({
      layers: [feed],
      onError: (error) => {
        seen.push(error.code);
        if (seen.length === 1) throw new Error('in onError');
        return Promise.reject(new Error('in onError, later'));
      },
    });
    const a = config.getIntProperty('a', 0);
    feed.set('a', 'x');
    feed.set('a', 'y');
    feed.set('a', '2');
    await new Promise((resolve) => setImmediate(resolve));
    expect([seen, a.get()]).toEqual([['CALUMMA_CONVERSION', 'CALUMMA_CONVERSION'], 2]);
  });

  it('may write to the config: it is published afterwards', () => {
    const feed = memory({ a: '1' });
    const config = createConfig({ layers: [feed], onError: (error) => config.override('last.error', error.code) });
    config.getIntProperty('a', 0);
    feed.set('a', 'x');
    expect(config.get('last.error')).toBe('CALUMMA_CONVERSION');
  });
});

describe('the deployment context', () => {
  it('is what is given, over the environment of CALUMMA_ENV or NODE_ENV', () => {
    const { config } = rig([values({ a: '${@region}/${@environment}/${@own:none}' })], { context: { region: 'eu', environment: 'prod' } });
    expect([config.get('a'), config.context]).toEqual(['eu/prod/none', { region: 'eu', environment: 'prod' }]);
    expect(Object.isFrozen(config.context)).toBe(true);
    expect(createConfig({ layers: [] }).context.environment).toBe(process.env.CALUMMA_ENV ?? process.env.NODE_ENV);
  });
});
