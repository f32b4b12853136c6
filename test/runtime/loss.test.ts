import { describe, expect, it } from 'vitest';
import { type LayerSpec, memory } from '../../src/index.js';
import { Feed, type Rig, rig, until } from './rig.js';

const many = (count: number, from = 0): Record<string, string> => Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${from + index}`, '1']));

async function following(feed: Feed, about: Partial<LayerSpec> = {}, keys = 20): Promise<Rig> {
  const scene = rig([{ source: feed, ...about }]);
  feed.full(many(keys));
  await until(() => scene.config.keys().length === keys);
  return scene;
}

describe.concurrent('a reading that would remove most keys of a remote layer', () => {
  it('is held back and reported; the source is read again, and what it says twice is believed', async ({ expect }) => {
    const feed = new Feed();
    const { config, errors } = await following(feed);
    const states: string[] = [];
    config.on('state', ({ state }) => states.push(state));
    const asked = performance.now();
    feed.full(many(13));
    await until(() => errors.length === 1);
    expect(errors[0]).toMatchObject({
      code: 'CALUMMA_MASS_REMOVAL',
      message: 'feed: expected a reading that removes at most 30 % of the keys at once, found one without 7 of 20; it is read again in 2 s before it is believed',
    });
    expect([config.keys().length, config.health().layers[0]!.state]).toEqual([20, 'stale']);
    await until(() => feed.starts === 2);
    expect(performance.now() - asked).toBeGreaterThan(1_900);
    feed.full(many(13));
    await until(() => config.keys().length === 13);
    expect([states, errors.length]).toEqual([['stale', 'live'], 1]);
    await config.close();
  });

  it('is forgotten when the source takes it back meanwhile', async ({ expect }) => {
    const feed = new Feed();
    const { config, errors } = await following(feed);
    feed.full({});
    await until(() => errors.length === 1);
    feed.full({ ...many(20), k0: '2' });
    await until(() => config.get('k0') === '2');
    // Were it not forgotten, this one would be the second opinion.
    feed.full({});
    await until(() => errors.length === 2);
    expect([config.keys().length, feed.starts]).toEqual([20, 1]);
    await config.close();
  });

  it('is not believed when the second answer removes other keys', async ({ expect }) => {
    const feed = new Feed();
    const { config, errors } = await following(feed);
    feed.full(many(10));
    await until(() => feed.starts === 2);
    feed.full(many(10, 10));
    await until(() => config.health().layers[0]!.lastError?.message.includes('10 of 20') === true);
    expect(config.keys().length).toBe(20);
    await until(() => feed.starts === 3);
    feed.full(many(10, 10));
    await until(() => config.keys().length === 10);
    expect(errors.map(({ code }) => code)).toContain('CALUMMA_MASS_REMOVAL');
    await config.close();
  });

  it('may come as a patch, and what comes after it is put on top of it', async ({ expect }) => {
    const feed = new Feed();
    const { config, errors } = await following(feed);
    feed.patch({}, Object.keys(many(15)));
    await until(() => errors.length === 1);
    feed.patch({ fresh: '1' });
    await until(() => feed.starts === 2);
    expect(config.has('fresh')).toBe(false);
    feed.full({ ...many(5, 15), fresh: '1' });
    await until(() => config.has('fresh'));
    expect(config.keys().length).toBe(6);
    await config.close();
  });

  it('is held back at most until somebody closes the config', async ({ expect }) => {
    const feed = new Feed();
    const { config, errors } = await following(feed);
    feed.full({});
    await until(() => errors.length === 1);
    await config.close();
    expect([feed.open, feed.starts]).toEqual([0, 1]);
  });

  it.for<[string, Partial<LayerSpec>, number, number]>([
    ["is taken at once with massRemoval: 'allow'", { massRemoval: 'allow' }, 20, 0],
    ['is taken at once when there are fewer than 10 keys', {}, 9, 0],
    ['is taken at once when it removes 30 % and no more', {}, 20, 14],
    ["removes nothing from a layer with deletes: 'ignore'", { deletes: 'ignore' }, 20, 20],
  ])('%s', async ([, about, before, after], { expect }) => {
    const feed = new Feed();
    const { config, errors } = await following(feed, about, before);
    feed.full(about.deletes === 'ignore' ? { k0: 'seen' } : { ...many(after), seen: 'seen' });
    await until(() => config.entries().some(([, value]) => value === 'seen'));
    expect([errors, feed.starts]).toEqual([[], 1]);
    await config.close();
  });

  it("is never taken with massRemoval: 'refuse', until it removes less", async ({ expect }) => {
    const feed = new Feed();
    const { config, errors } = await following(feed, { massRemoval: 'refuse' });
    feed.full({});
    await until(() => errors.length === 1);
    feed.full({});
    feed.full(many(19));
    await until(() => config.keys().length === 19);
    expect([errors.length, errors[0]?.message, feed.starts]).toEqual([1, expect.stringContaining("massRemoval: 'refuse'"), 1]);
    await config.close();
  });
});

describe('a local layer', () => {
  it('may be emptied at once: its owner did it', () => {
    const feed = memory(many(20));
    const { config, errors } = rig([feed]);
    feed.replace({});
    expect([config.keys(), errors]).toEqual([[], []]);
  });
});
