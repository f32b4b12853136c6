import { beforeAll, describe, expect, it } from 'vitest';
import { url } from '../../../src/sources/url/url.js';
import { until } from '../following.js';
import { type Certificates, makeCertificates } from './certificates.js';
import { forwardProxy } from './forward-proxy.js';
import { serve, webServer, type WebServer } from './server.js';
import { allWords, watched } from './watched.js';

const every = 20;
const aIs1 = serve(() => ({ body: 'a=1\n' }));
const problems = (errors: readonly Error[]) => errors.map(({ message }) => message.replace(/^.*?: (expected)/, '$1').replace(/ \(url:.*$/, ''));

let certificates: Certificates;
beforeAll(() => {
  certificates = makeCertificates();
});

describe('TLS', () => {
  it('trusts the CA it was given', async () => {
    const server = await webServer(aIs1, certificates.server);
    expect((await watched(url(`${server.origin}/a.properties`, { tls: { ca: certificates.ca } }))).shown()).toEqual({ a: '1' });
    expect((await watched(url(`${server.origin}/a.properties`, { tls: { ca: [Buffer.from(certificates.ca)] } }))).shown()).toEqual({ a: '1' });
  });

  it('trusts nobody else, and says what to do', async () => {
    const unknown = await webServer(aIs1, certificates.server);
    const self = await webServer(aIs1, certificates.selfSigned);
    const other = await webServer(aIs1, certificates.named);
    const plainText = await webServer(aIs1);
    const problemOf = async (origin: string, ca?: string) => problems((await watched(url(`${origin}/a.properties`, { every, ...(ca && { tls: { ca } }) }))).errors);
    expect(await problemOf(unknown.origin)).toEqual(['expected an answer, found a certificate of an unknown CA: give the CA with "tls.ca"']);
    expect(await problemOf(self.origin)).toEqual(['expected an answer, found a certificate nobody vouches for: give the CA with "tls.ca"']);
    expect(await problemOf(other.origin, certificates.ca)).toEqual(['expected an answer, found a certificate for another host: check the address, or name the host with "tls.servername"']);
    expect(await problemOf(plainText.origin.replace('http:', 'https:'))).toEqual(['expected an answer, found a server that does not speak TLS: check the port, or begin the address with http://']);
    expect([unknown, self, other, plainText].map(({ asked }) => asked.length)).toEqual([0, 0, 0, 0]);
  });

  it('expects the name it was given, or none at all where it is told so', async () => {
    const server = await webServer(aIs1, certificates.named);
    const address = `${server.origin}/a.properties`;
    expect((await watched(url(address, { tls: { ca: certificates.ca, servername: 'config.example' } }))).shown()).toEqual({ a: '1' });
    expect((await watched(url(address, { tls: { rejectUnauthorized: false } }))).shown()).toEqual({ a: '1' });
  });

  it('shows a client certificate, to its own servers only', async () => {
    const seen: string[] = [];
    const note: WebServer['answer'] = ({ socket }) => {
      const { subject } = (socket as unknown as { getPeerCertificate(): { subject?: { CN: string } } }).getPeerCertificate();
      seen.push(subject?.CN ?? 'nobody');
    };
    const mutual = { ...certificates.server, ca: certificates.ca, requestCert: true };
    const foreign = await webServer((request, response) => (note(request, response), aIs1(request, response)), { ...mutual, rejectUnauthorized: false });
    const own = await webServer((request, response) => (note(request, response), response.writeHead(302, { location: `${foreign.origin}/a.properties` }).end()), { ...mutual, rejectUnauthorized: true });
    const { ca, client } = certificates;
    expect((await watched(url(`${own.origin}/a.properties`, { tls: { ca, ...client } }))).shown()).toEqual({ a: '1' });
    expect(seen).toEqual(['client', 'nobody']);
    const { errors } = await watched(url(`${own.origin}/a.properties`, { every, tls: { ca } }));
    // Node's server cuts the connection without a word.
    expect(problems(errors)).toEqual(['expected an answer, found that the connection was cut before its end']);
  });
});

describe('headers', () => {
  it('are sent as they are given', async () => {
    const server = await webServer(aIs1);
    await watched(url(`${server.origin}/a.properties`, { headers: { Authorization: 'Bearer t0ken', 'User-Agent': 'mine' } }));
    expect(server.last().headers).toMatchObject({ authorization: 'Bearer t0ken', 'user-agent': 'mine', accept: '*/*' });
  });

  it('of a function are asked for before each request', async () => {
    let count = 0;
    const server = await webServer(aIs1);
    await watched(url(`${server.origin}/a.properties`, { every, headers: async () => Promise.resolve({ 'x-token': `t${count++}` }) }));
    await until(() => server.asked.length >= 3);
    expect(server.asked.slice(0, 3).map(({ headers }) => headers['x-token'])).toEqual(['t0', 't1', 't2']);
  });

  it('of a function that fails, hangs or gives no headers are told once, and the last reading stays', async () => {
    const server = await webServer(aIs1);
    let headers: () => unknown = () => ({});
    const { errors, layer, config } = await watched(url(`${server.origin}/a.properties`, { every, timeout: 300, headers: () => headers() as Record<string, string> }));
    const fails = async (next: () => unknown): Promise<string> => {
      errors.length = 0;
      headers = next;
      await until(() => errors.length > 0);
      const told = errors.length;
      headers = () => ({});
      await until(() => layer().state === 'live');
      expect([told, config.get('a')]).toEqual([1, '1']);
      return problems(errors)[0]!;
    };
    expect(await fails(() => Promise.reject(new Error('vault is sealed')))).toBe('expected the function "headers" to give the headers, found that it failed: vault is sealed');
    expect(await fails(() => new Promise(() => undefined))).toBe('expected an answer within 300 ms, found none');
    expect(await fails(() => ({ 'x-token': 5 }))).toBe('what the function "headers" gives: x-token: expected a non-empty string, found a number'.replace(/^.*?: (expected)/, '$1'));
    expect(await fails(() => 'Bearer')).toBe('expected an object of names and values, found a string');
    expect(await fails(() => ({ 'x-token': 'secret\nother: 1' }))).toBe('expected a text of one line in Latin-1, found a string with other characters');
  });

  it('are made of user and password in the address', async () => {
    const server = await webServer(aIs1);
    const { layer } = await watched(url(`http://us%40er:p%3Aw@127.0.0.1:${server.port}/a.properties`));
    expect(server.last().headers.authorization).toBe(`Basic ${Buffer.from('us@er:p:w').toString('base64')}`);
    expect(layer().name).toBe(`url:127.0.0.1:${server.port}/a.properties`);
  });
});

describe('redirects', () => {
  /** `/5` leads to `/4`, …, `/0` is the content. */
  const countdown: WebServer['answer'] = (request, response) => {
    const left = Number(/\d+/.exec(request.url!)![0]);
    if (left === 0) aIs1(request, response);
    else response.writeHead([301, 302, 303, 307, 308][left % 5]!, { location: `${left - 1}.properties` }).end();
  };

  it('are followed up to a limit', async () => {
    const server = await webServer(countdown);
    expect((await watched(url(`${server.origin}/5.properties`))).shown()).toEqual({ a: '1' });
    expect(problems((await watched(url(`${server.origin}/6.properties`, { every }))).errors)).toEqual(['expected at most 5 redirects, found one more']);
    expect(problems((await watched(url(`${server.origin}/1.properties`, { every, redirects: 0 }))).errors)).toEqual(['expected at most 0 redirects, found one more']);
  });

  it('take no header of the user to another origin, nor back', async () => {
    const foreign = await webServer((request, response) => response.writeHead(302, { location: `${own.origin}/back.properties` }).end());
    const own: WebServer = await webServer((request, response) => {
      if (request.url === '/back.properties') aIs1(request, response);
      else if (request.url === '/a.properties') response.writeHead(302, { location: '/here.properties' }).end();
      else response.writeHead(302, { location: `${foreign.origin}/there.properties` }).end();
    });
    await watched(url(`http://user:password@127.0.0.1:${own.port}/a.properties`, { headers: { 'x-token': 't', cookie: 'c' } }));
    const credentials = [...own.asked, ...foreign.asked].map(({ path, headers }) => [path, 'authorization' in headers, 'x-token' in headers, 'cookie' in headers]);
    expect(credentials).toEqual([
      ['/a.properties', true, true, true],
      ['/here.properties', true, true, true],
      ['/back.properties', false, false, false],
      ['/there.properties', false, false, false],
    ]);
  });

  it('to plain HTTP from https, to nowhere and to other protocols are refused', async () => {
    const plain = await webServer(aIs1);
    let location: string | undefined = `${plain.origin}/a.properties?token=secret`;
    const server = await webServer((_request, response) => response.writeHead(302, location === undefined ? {} : { location }).end(), certificates.server);
    const tls = { ca: certificates.ca };
    const problemOf = async () => problems((await watched(url(`${server.origin}/a.properties`, { every, tls }))).errors);
    expect(await problemOf()).toEqual([`expected a redirect that stays with https, found one to ${plain.origin}/a.properties?token=***`]);
    for (location of [undefined, 'file:///etc/passwd', 'https://', 'ftp://127.0.0.1/a']) {
      expect(await problemOf()).toEqual(['expected status 302 to name an address, found none that is HTTP in its "Location"']);
    }
    expect(plain.asked).toEqual([]);
  });

  it('that lead elsewhere than before do not take the ETag along', async () => {
    let to = 'one';
    const server = await webServer((request, response) => {
      if (request.url === '/a.properties') response.writeHead(302, { location: `/${to}.properties` }).end();
      else serve(() => ({ body: `a=${request.url}`, etag: '"1"' }))(request, response);
    });
    const { config } = await watched(url(`${server.origin}/a.properties`, { every }));
    await until(() => server.last().headers['if-none-match'] === '"1"');
    expect(config.get('a')).toBe('/one.properties');
    to = 'two';
    await until(() => config.get('a') === '/two.properties');
  });
});

describe('a proxy', () => {
  it('is asked in the absolute form for plain HTTP, with its own credentials', async () => {
    const server = await webServer(serve(() => ({ body: 'a=1', etag: '"1"' })));
    const proxy = await forwardProxy({ credentials: 'user:p@ss' });
    const source = url(`${server.origin}/a.properties?b=1`, { every, proxy: `http://user:p%40ss@127.0.0.1:${proxy.port}`, headers: { 'x-token': 't' } });
    expect((await watched(source)).shown()).toEqual({ a: '1' });
    await until(() => server.asked.length >= 2);
    expect(proxy.asked[0]).toBe(`GET ${server.origin}/a.properties?b=1`);
    expect(server.last().headers).toMatchObject({ 'x-token': 't', 'if-none-match': '"1"', host: `127.0.0.1:${server.port}` });
    expect(server.last().headers).not.toHaveProperty('proxy-authorization');
  });

  it('tunnels https, and sees nothing of what is said', async () => {
    const server = await webServer(aIs1, certificates.server);
    const proxy = await forwardProxy({ credentials: 'user:pass' });
    const source = url(`${server.origin}/a.properties`, { every, proxy: new URL(`http://user:pass@127.0.0.1:${proxy.port}`), tls: { ca: certificates.ca }, headers: { authorization: 'Bearer t' } });
    expect((await watched(source)).shown()).toEqual({ a: '1' });
    expect(new Set(proxy.asked)).toEqual(new Set([`CONNECT 127.0.0.1:${server.port}`]));
    expect(proxy.headers[0]).not.toHaveProperty('authorization');
    expect(server.last().headers).toMatchObject({ authorization: 'Bearer t' });
  });

  it('that wants other credentials, hangs or is not there is told, without showing them', async () => {
    const web = await webServer(aIs1);
    const secure = await webServer(aIs1, certificates.server);
    const proxy = await forwardProxy({ credentials: 'user:pass' });
    const holding = await forwardProxy({ hold: true });
    const through = async (origin: string, port: number) => {
      const { errors } = await watched(url(`${origin}/a.properties`, { every, connectTimeout: 200, proxy: `http://user:wr0ng@127.0.0.1:${port}`, tls: { ca: certificates.ca } }));
      expect(errors.map(allWords).join()).not.toContain('wr0ng');
      return problems(errors);
    };
    expect(await through(web.origin, proxy.port)).toEqual(['expected status 200, found 407: give user and password in "proxy"']);
    expect(await through(secure.origin, proxy.port)).toEqual(['expected the proxy to open a tunnel, found its status 407: give user and password in "proxy"']);
    expect(await through(secure.origin, holding.port)).toEqual(['expected a connection within 200 ms, found none: check host and port, and the network']);
    expect(await through(secure.origin, 1)).toEqual(['expected an answer, found that the connection is refused']);
  });

  it('of the environment does not count', async () => {
    const server = await webServer(aIs1);
    const names = ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY'];
    const before = names.map((name) => [name, process.env[name]] as const);
    try {
      for (const name of names) process.env[name] = 'http://127.0.0.1:1';
      expect((await watched(url(`${server.origin}/a.properties`))).shown()).toEqual({ a: '1' });
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      }
    }
  });
});
