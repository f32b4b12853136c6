import { msOf, sizeOf } from '../../core/amounts.js';
import { checkFlag, checkMs, checkOptions, checkText, wrongOption } from '../../core/check.js';
import type { Format, TextEncoding } from '../../formats/format.js';
import type { FormatLike } from '../../formats/registry.js';
import { formatOption } from '../files/file-options.js';
import { addressesOf, basic, parsed, plain, type Address } from './address.js';
import { headersFor, type HeadersFor, type UrlHeaders } from './headers.js';
import { checkTls, type UrlTls } from './tls.js';

export interface UrlOptions {
  /** ms, or a duration: the pause between two requests, moved by up to 10 % either way. Default 5_000. */
  readonly every?: number | string;
  /** A format or its name. Default: by the media type, else by the extension. */
  readonly format?: string | FormatLike;
  /** `latin1` is what `java.util.Properties` read from a stream. Default `utf8`; the charset of the media type does not count. */
  readonly encoding?: TextEncoding;
  /** Headers of each request, or a function that is called before each one: tokens expire. They are sent to the origins of the addresses only. */
  readonly headers?: UrlHeaders;
  readonly tls?: UrlTls;
  /** `http://user:password@host:port`. Default: none; environment variables are not read. */
  readonly proxy?: string | URL | undefined;
  /** How many redirects to follow. Default 5. */
  readonly redirects?: number;
  /** ms, or a duration: for the name, the connection and the TLS handshake. Default 2_000. */
  readonly connectTimeout?: number | string;
  /** ms, or a duration: for a whole request, redirects and body included. Default 5_000. */
  readonly timeout?: number | string;
  /** Bytes of a body, as it is sent and decompressed. Default: 16 MiB, or twice what the layer may hold if that is more. */
  readonly maxBytes?: number | string;
  /** Status 404 or 410 is an empty layer rather than an error. Default false. */
  readonly optional?: boolean;
  /** The layer's name. Default `url:<host><path>`, of the first address. */
  readonly name?: string;
}

export interface Proxy {
  readonly url: URL;
  readonly authorization: string | undefined;
}

/** All that is known of a source before it is read. */
export interface UrlSpec {
  readonly name: string;
  /** The first is preferred. */
  readonly mirrors: readonly Address[];
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly format: Format | undefined;
  readonly encoding: TextEncoding;
  /** What the options say of format and encoding, as one word. */
  readonly readAs: string;
  readonly headers: HeadersFor;
  readonly tls: UrlTls;
  readonly proxy: Proxy | undefined;
  readonly redirects: number;
  readonly maxBytes: number | undefined;
  readonly optional: boolean;
}

const known: readonly (keyof UrlOptions)[] = [
  'every', 'format', 'encoding', 'headers', 'tls', 'proxy', 'redirects', 'connectTimeout', 'timeout', 'maxBytes', 'optional', 'name',
];

/** @throws ConfigError `CALUMMA_OPTION`, `CALUMMA_UNKNOWN_FORMAT` */
export function specOf(hrefs: unknown, options: UrlOptions): UrlSpec {
  const mirrors = addressesOf(hrefs);
  checkOptions('url', options, known);
  const { every = 5_000, timeout = 5_000, connectTimeout = 2_000, redirects = 5, encoding = 'utf8', optional = false, tls = {}, headers = {} } = options;
  const { name = `url:${mirrors[0]?.url.host ?? ''}${mirrors[0]?.url.pathname ?? ''}`, maxBytes, format, proxy } = options;
  checkText('url({ name })', name);
  checkFlag('url({ optional })', optional);
  checkTls('url', tls);
  checkEncoding(encoding);
  if (!Number.isInteger(redirects) || redirects < 0) throw wrongOption('url({ redirects })', 'a whole number from 0', redirects);
  const chosen = format === undefined ? undefined : formatOption('url({ format })', format);
  return {
    name,
    mirrors,
    everyMs: timerMs(every, 'url({ every })'),
    timeoutMs: timerMs(timeout, 'url({ timeout })'),
    connectTimeoutMs: timerMs(connectTimeout, 'url({ connectTimeout })'),
    format: chosen,
    encoding,
    readAs: `${chosen?.name ?? ''}:${encoding}`,
    headers: headersFor(headers),
    tls,
    proxy: proxy === undefined ? undefined : proxyOf(proxy),
    redirects,
    maxBytes: maxBytes === undefined ? undefined : sizeOf(maxBytes, 'url({ maxBytes })'),
    optional,
  };
}

function timerMs(value: number | string, what: string): number {
  const ms = msOf(value, what);
  checkMs(what, ms);
  return ms;
}

function checkEncoding(encoding: unknown): asserts encoding is TextEncoding {
  if (encoding !== 'utf8' && encoding !== 'latin1') throw wrongOption('url({ encoding })', '"utf8" or "latin1"', encoding);
}

function proxyOf(proxy: unknown): Proxy {
  const what = 'url({ proxy })';
  const url = parsed(what, proxy);
  return { url: plain(url), authorization: basic(what, url) };
}
