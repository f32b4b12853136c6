import { describe, expect, it } from 'vitest';
import { SourceError } from '../../../src/index.js';
import { Mirrors } from '../../../src/sources/url/mirrors.js';
import { url } from '../../../src/sources/url/url.js';
import { until } from '../following.js';
import { type Page, rawServer, serve, webServer } from './server.js';
import { watched } from './watched.js';

const every = 20;

describe('mirrors', () => {
  it('are asked in their order: the first that answers counts', async () => {
    const first = await webServer(serve(() => ({ body: 'a=1', etag: '"1"' })));
    const second = await webServer(serve(() => ({ body: 'a=2' })));
    const { config } = await watched(url([`${first.origin}/a.properties`, `${second.origin}/a.properties`], { every }));
    await until(() => first.asked.length >= 3);
    expect([config.get('a'), second.asked.length]).toEqual(['1', 0]);
  });

  it('stand in for each other; that one is out is told once, and the next answers at no cost of events', async () => {
    const page: Page = { body: 'a=1\n', etag: '"first"' };
    const first = await webServer(serve(() => page));
    const second = await webServer(serve(() => ({ body: 'a=1\n', etag: '"second"' })));
    const { errors, changes, layer, config } = await watched(url([`${first.origin}/a.properties`, `${second.origin}/a.properties`], { every, name: 'gateway' }));
    page.status = 503;
    await until(() => second.asked.length >= 4);
    expect(errors.map(({ message }) => message)).toEqual([
      `gateway: another mirror answers, but this one does not: expected status 200, found 503 (url:${first.origin}/a.properties)`,
    ]);
    expect([layer().state, changes.length, config.get('a')]).toEqual(['live', 1, '1']);
    // The validator of one is not shown to the other; its own is.
    expect(second.asked.slice(0, 2).map(({ headers }) => headers['if-none-match'])).toEqual([undefined, '"second"']);
    // Resting, the first is not asked with every request.
    expect(first.asked.length).toBeLessThan(second.asked.length);
  });

  it('pass over one that answers with what cannot be used', async () => {
    const first = await webServer(serve(() => ({ body: '<html></html>', type: 'text/html' })));
    const second = await webServer(serve(() => ({ body: 'a: [', type: 'application/yaml' })));
    const third = await webServer(serve(() => ({ body: 'a: 3\n', type: 'application/yaml' })));
    const { config, errors } = await watched(url([first, second, third].map(({ origin }) => `${origin}/a`), { every }));
    await until(() => config.get('a') === '3');
    expect(errors).toHaveLength(2);
    expect(errors[1]!.message).toMatch(/another mirror answers, but this one does not: yaml: .* \(line \d+, column \d+\) \(url:/);
  });

  it('that hang or are dead cost their connect timeout once, not with each request', async () => {
    const hung = await rawServer(() => undefined);
    const well = await webServer(serve(() => ({ body: 'a=1' })));
    const { config } = await watched(url([`${hung.origin}/a.properties`, 'http://127.0.0.1:1/a.properties', `${well.origin}/a.properties`], { every, timeout: 200 }));
    expect(config.get('a')).toBe('1');
    const from = performance.now();
    await until(() => well.asked.length >= 5);
    expect(performance.now() - from).toBeLessThan(800);
  });

  it('that are all out are named in one error, each with its problem, and told once', async () => {
    const page: Page = { body: 'a=1' };
    const first = await webServer(serve(() => page));
    const { config, errors, layer } = await watched(url([`${first.origin}/a.properties?token=hidden`, 'http://127.0.0.1:1/a.properties'], { every, name: 'gateway' }));
    Object.assign(page, { status: 500 });
    await until(() => layer().state === 'stale');
    const tries = first.asked.length;
    await until(() => first.asked.length > tries + 1);
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      [
        'CALUMMA_SOURCE',
        `gateway: expected one of 2 mirrors to answer, found none that does; ${first.origin}/a.properties?token=***: expected status 200, found 500; http://127.0.0.1:1/a.properties: expected an answer, found that the connection is refused`,
      ],
    ]);
    const { cause } = errors[0]!;
    expect(cause instanceof AggregateError && cause.errors.every((error) => error instanceof SourceError)).toBe(true);
    expect(config.get('a')).toBe('1');
    Object.assign(page, { status: 200, body: 'a=2' });
    await until(() => config.get('a') === '2');
  });

  it('make an optional layer empty only if none of them has anything', async () => {
    const pages: Page[] = [{ body: '', status: 404 }, { body: 'a=1', status: 200 }];
    const servers = await Promise.all(pages.map((page) => webServer(serve(() => page))));
    const { config, layer, errors } = await watched(url(servers.map(({ origin }) => `${origin}/a.properties`), { every, optional: true }));
    expect(config.get('a')).toBe('1');
    pages[1]!.status = 500;
    await until(() => layer().state === 'stale');
    expect([config.get('a'), errors.at(-1)!.code]).toEqual(['1', 'CALUMMA_SOURCE']);
    pages[1]!.status = 404;
    await until(() => !config.has('a'));
    expect(layer().state).toBe('live');
  });
});

it('a mirror that failed comes last for a minute, then in its place again', () => {
  const addresses = ['a', 'b', 'c'].map((name) => ({ url: new URL(`http://${name}`), shown: name, authorization: undefined }));
  const [a, b] = addresses as [(typeof addresses)[0], (typeof addresses)[0]];
  const mirrors = new Mirrors(addresses);
  const order = (now: number) => mirrors.order(now).map(({ shown }) => shown).join('');
  mirrors.failed({ address: a, thrown: undefined }, 1_000);
  expect([order(1_000), order(60_999), order(61_000)]).toEqual(['bca', 'bca', 'abc']);
  mirrors.failed({ address: b, thrown: undefined }, 2_000);
  expect([order(2_000), order(61_000), order(62_000)]).toEqual(['cab', 'acb', 'abc']);
});
