import { describe, expect, it } from 'vitest';
import { url } from '../../../src/sources/url/url.js';
import { thrownBy } from '../following.js';

const address = 'https://config.example/app.yaml';

describe('url', () => {
  it('is named after host and path of its first address', () => {
    expect(url(address).name).toBe('url:config.example/app.yaml');
    expect(url(new URL('http://user:password@config.example:8080/a/b.json?token=t#f')).name).toBe('url:config.example:8080/a/b.json');
    expect(url(['https://one.example/a', 'https://two.example/a']).name).toBe('url:one.example/a');
    expect(url(address, { name: 'gateway' }).name).toBe('gateway');
  });

  it.each<[unknown, string]>([
    [undefined, 'url(href): expected an address that begins with http:// or https://, found undefined'],
    ['', 'url(href): expected an address that begins with http:// or https://, found an empty string'],
    ['config.example/app.yaml', 'url(href): expected an address that begins with http:// or https://, found a string'],
    ['file:///etc/app.yaml', 'url(href): expected an address that begins with http:// or https://, found "file:"'],
    [[], 'url(hrefs): expected at least one address, found an array'],
    [[address, 5], 'url(hrefs)[1]: expected an address that begins with http:// or https://, found a number'],
    ['https://user:100%25%@config.example', 'url(href): expected user and password in percent-encoding, found a "%" that begins none'],
  ])('refuses the address %j', (href, message) => {
    expect(thrownBy(() => url(href as string))).toEqual({ code: 'CALUMMA_OPTION', message });
  });

  it('shows no password of an address that it refuses', () => {
    expect(JSON.stringify(thrownBy(() => url('https://user:hunter2@config .example')))).not.toContain('hunter2');
    expect(JSON.stringify(thrownBy(() => url('ftp://user:hunter2@config.example')))).not.toContain('hunter2');
  });

  it.each<[string, unknown, string]>([
    ['every', 0, 'url({ every }): expected ms or a duration such as "5s", found 0'],
    ['every', 'often', 'url({ every }): expected ms or a duration such as "5s", found "often"'],
    ['every', '60d', 'url({ every }): expected a number of milliseconds from 0 to 2147483647, found a number'],
    ['timeout', -1, 'url({ timeout }): expected ms or a duration such as "5s", found -1'],
    ['connectTimeout', null, 'url({ connectTimeout }): expected ms or a duration such as "5s", found null'],
    ['redirects', 1.5, 'url({ redirects }): expected a whole number from 0, found 1.5'],
    ['maxBytes', 'much', 'url({ maxBytes }): expected bytes or a size such as "10MB", found "much"'],
    ['optional', 'yes', 'url({ optional }): expected true or false, found a string'],
    ['encoding', 'utf16', 'url({ encoding }): expected "utf8" or "latin1", found "utf16"'],
    ['name', '', 'url({ name }): expected a non-empty string, found an empty string'],
    ['format', 5, 'url({ format }): expected a name or a format, found a number'],
    ['headers', 'secret', 'url({ headers }): expected an object of names and values, found a string'],
    ['headers', { 'x-key': 5 }, 'url({ headers }): x-key: expected a non-empty string, found a number'],
    ['headers', { 'x-key': 'secret\r\nother: 1' }, 'url({ headers }): x-key: expected a text of one line in Latin-1, found a string with other characters'],
    ['headers', { 'x key': 'secret' }, 'url({ headers }): expected the name of a header, found "x key"'],
    ['headers', { 'If-None-Match': 'secret' }, 'url({ headers }): expected headers that url() does not set itself, found "If-None-Match"'],
    ['proxy', 'user:secret@proxy:3128', 'url({ proxy }): expected an address that begins with http:// or https://, found "user:"'],
    ['proxy', 'socks5://user:secret@proxy', 'url({ proxy }): expected an address that begins with http:// or https://, found "socks5:"'],
    ['tls', 'secret', 'url({ tls }): expected an object with ca, cert, key, servername, rejectUnauthorized, found a string'],
    ['tls', { cacert: 'secret' }, 'url({ tls }): expected ca, cert, key, servername, rejectUnauthorized, found "cacert"'],
    ['tls', { ca: '/etc/ca.pem' }, 'url({ tls: { ca } }): expected a PEM text (what is in the file, not its path), found a string'],
    ['tls', { key: '-----BEGIN PRIVATE KEY-----' }, 'url({ tls }): expected "cert" and "key" together, found one of them'],
    ['tls', { rejectUnauthorized: 0 }, 'url({ tls: { rejectUnauthorized } }): expected true or false, found a number'],
    ['method', 'POST', 'url(options): expected every, format, encoding, headers, tls, proxy, redirects, connectTimeout, timeout, maxBytes, optional, name, found "method"'],
  ])('refuses %s: %j', (option, value, message) => {
    const thrown = thrownBy(() => url(address, { [option]: value }));
    expect(thrown).toEqual({ code: 'CALUMMA_OPTION', message });
    expect(JSON.stringify(thrown)).not.toContain('secret');
  });

  it('knows the formats by name', () => {
    expect(thrownBy(() => url(address, { format: 'ini2' }))).toMatchObject({ code: 'CALUMMA_UNKNOWN_FORMAT' });
  });
});
