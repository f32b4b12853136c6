import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { memory, values } from '../../src/index.js';
import { Feed, rig, thrownBy, until } from './rig.js';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');

describe('close()', () => {
  it('stops every source, may be called again, and leaves the last values to readers', async () => {
    const [feed, memo] = [new Feed(), memory({ b: '1' })];
    const { config } = rig([feed, memo]);
    feed.full({ a: '1' });
    await until(() => config.has('a'));
    const a = config.getIntProperty('a', 0);
    await config.close();
    await config.close();
    await until(() => feed.open === 0);
    memo.set('b', '2');
    feed.full({ a: '2' });
    expect([a.get(), config.get('b'), config.snapshot().get('a'), config.keys().sort(), config.getIntProperty('new', 7).get()]).toEqual([1, '1', '1', ['a', 'b'], 7]);
    expect([config.explain('a').value, config.health().layers.length, config.usage().missing]).toEqual(['1', 2, ['new']]);
  });

  it('refuses every write afterwards', async () => {
    const { config } = rig([values({ a: '1' })]);
    await config.close();
    for (const write of [
      () => config.override('a', '1'),
      () => config.clearOverride('a'),
      () => config.withOverrides({ a: '1' }, () => undefined),
      () => config.addLayer(values({}, { name: 'b' })),
      () => config.removeLayer('values'),
    ]) {
      expect(thrownBy(write)).toEqual({ code: 'CALUMMA_CLOSED', message: 'the config is closed: it can be read, not changed' });
    }
  });

  it('is what `await using` does at the end of a block', async () => {
    const { config } = rig([values({})]);
    await config[Symbol.asyncDispose]();
    expect(thrownBy(() => config.override('a', '1')).code).toBe('CALUMMA_CLOSED');
  });

  it('ends the retries of a source that is down', async () => {
    const feed = new Feed();
    const { config } = rig([feed]);
    feed.lose(new Error('down'));
    await until(() => config.health().layers[0]!.nextTry !== undefined);
    await config.close();
    const { starts } = feed;
    await new Promise((resolve) => setTimeout(resolve, 150)); // longer than the first pause may be
    expect(feed.starts).toBe(starts);
  });
});

describe('a script that forgot close()', () => {
  it('exits, whatever its layers do', { timeout: 60_000 }, async () => {
    const script = `
      import { createConfig, file, files, directory, env, memory, polled } from './dist-test/close/index.js';
      const config = createConfig({
        onError: () => {},
        layers: [
          env(), memory({ a: '1' }), file('package.json'), files('config/application'), directory('fixtures'),
          polled('poll', () => ({ b: '2' }), { everyMs: 50 }),
          polled('down', () => { throw new Error('down'); }),
          polled('hanging', () => new Promise(() => {})),
          { name: 'silent', readings: async function* () { await new Promise(() => {}); } },
        ],
      });
      config.getIntProperty('a', 0).onChange(() => {});
      config.getIntProperty('b', 0).changes();
      await config.ready({ timeoutMs: 200 });
      console.log('done', config.get('a'), config.get('b'));
    `;
    await run(process.execPath, ['build.js', 'dist-test/close'], { cwd: root });
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: root, timeout: 50_000 });
    expect(stdout.trim()).toBe('done 1 2');
  });
});
