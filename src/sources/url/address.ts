import { optionError } from '../../core/check.js';
import { ConfigError } from '../../core/errors.js';
import { hasStrayUserinfo, mask, quote, redactor } from '../../core/redact.js';
import { crypto } from '../crypto.js';

/** Where one mirror is. */
export interface Address {
  /** Without userinfo and fragment. */
  readonly url: URL;
  /** What messages and origins show. */
  readonly shown: string;
  /** Made of the userinfo, if there was one. */
  readonly authorization: string | undefined;
}

/**
 * The addresses that a caller gave.
 *
 * @throws ConfigError `CALUMMA_OPTION`; what was found is not quoted, as it may hold a password
 */
export function addressesOf(hrefs: unknown): readonly Address[] {
  const list: readonly unknown[] = Array.isArray(hrefs) ? hrefs : [hrefs];
  if (list.length === 0) throw optionError('url(hrefs)', 'at least one address', hrefs);
  return list.map((href, at) => addressOf(Array.isArray(hrefs) ? `url(hrefs)[${at}]` : 'url(href)', href));
}

function addressOf(what: string, href: unknown): Address {
  const url = parsed(what, href);
  const authorization = basic(what, url);
  return { url: plain(url), shown: shownUrl(url), authorization };
}

/** @throws ConfigError `CALUMMA_OPTION` */
export function parsed(what: string, href: unknown): URL {
  const expected = 'an address that begins with http:// or https://';
  const text = href instanceof URL ? href.href : href;
  if (typeof text !== 'string' || !URL.canParse(text)) throw optionError(what, expected, href);
  const url = new URL(text);
  if (hasStrayUserinfo(url)) throw new ConfigError('CALUMMA_OPTION', `${what}: expected user and password in percent-encoding (@ as %40, / as %2F), found an "@" behind the host`);
  if (isHttp(url)) return url;
  throw new ConfigError('CALUMMA_OPTION', `${what}: expected ${expected}, found ${quote(url.protocol)}`);
}

export function isHttp(url: URL): boolean {
  return url.protocol === 'http:' || url.protocol === 'https:';
}

/** `Basic …`, of the userinfo; RFC 7617 with UTF-8. */
export function basic(what: string, { username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  try {
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`;
  } catch (cause) {
    throw new ConfigError('CALUMMA_OPTION', `${what}: expected user and password in percent-encoding, found a "%" that begins none`, { cause });
  }
}

/** As it is asked for: userinfo goes into a header, the fragment nowhere. */
export function plain(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  bare.hash = '';
  return bare;
}

/** Without userinfo and the values of the query, which may be tokens: `https://host/app.yaml?key=***`. */
export function shownUrl(url: URL): string {
  const shown = url.origin + url.pathname;
  if (url.search === '') return shown;
  const parts = url.search.slice(1).split('&');
  return `${shown}?${parts.map((part) => (part.includes('=') ? `${part.slice(0, part.indexOf('='))}=${mask}` : mask)).join('&')}`;
}

const looksSecret = redactor();
// Of signed addresses of the large clouds: what else could select the content stays.
const signature = /^(sig|signature|expires|x-amz-.*|x-goog-.*)$/i;

/**
 * A short name of an address and how it is read: a validator counts for the one that gave it. What looks like a token
 * is left out of it: it is renewed while the content stays, and even a hash of it belongs nowhere.
 *
 * @param readAs what the options say of format and encoding
 */
export function idOf(url: URL, readAs: string): string {
  const query = [...url.searchParams].map(([name, value]) => (looksSecret(name) || signature.test(name) ? [name] : [name, value]));
  const known = JSON.stringify([url.origin, url.pathname, query, readAs]);
  return crypto().createHash('sha256').update(known).digest('hex').slice(0, 10);
}

/** What a `Location` leads to, seen from where it was found. */
export function redirected(from: URL, location: unknown): URL | undefined {
  if (typeof location !== 'string' || !URL.canParse(location, from.href)) return undefined;
  return plain(new URL(location, from.href));
}

