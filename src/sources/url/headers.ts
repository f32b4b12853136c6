import { checkText, kindOf, optionError, reasonOf } from '../../core/check.js';
import { ConfigError } from '../../core/errors.js';
import { quote } from '../../core/redact.js';
import { Problem } from './problem.js';

/** Headers of each request: values, or a function that is asked before each request. */
export type UrlHeaders = HeaderValues | ((signal: AbortSignal) => HeaderValues | Promise<HeaderValues>);

export type HeaderValues = Readonly<Record<string, string>>;

/** Gives the headers of the next request, names in lower case. */
export type HeadersFor = (signal: AbortSignal) => Promise<HeaderValues>;

// What the connection, the conditions and the decoding depend on.
const ours = /^(accept-encoding|connection|content-.*|expect|if-.*|keep-alive|proxy-.*|range|te|trailer|transfer-encoding|upgrade)$/;
const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
const unsendable = /[^\t\x20-\x7e\x80-\xff]/;

/** @throws ConfigError `CALUMMA_OPTION` */
export function headersFor(headers: unknown): HeadersFor {
  if (typeof headers === 'function') return (signal) => asked(headers as (signal: AbortSignal) => unknown, signal);
  const values = checkedHeaders('url({ headers })', headers);
  return () => Promise.resolve(values);
}

async function asked(headers: (signal: AbortSignal) => unknown, signal: AbortSignal): Promise<HeaderValues> {
  let given: unknown;
  try {
    given = await headers(signal);
  } catch (cause) {
    throw new Problem(`expected the function "headers" to give the headers, found that it failed: ${reasonOf(cause)}`, { cause });
  }
  try {
    return checkedHeaders('what the function "headers" gives', given);
  } catch (error) {
    throw new Problem(reasonOf(error));
  }
}

function checkedHeaders(what: string, headers: unknown): HeaderValues {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers) || headers instanceof Map) {
    throw optionError(what, 'an object of names and values', headers);
  }
  // A plain loop into an object without a prototype: any name is safe.
  const checked = Object.create(null) as Record<string, string>;
  for (const [given, value] of Object.entries(headers) as [string, unknown][]) {
    const name = given.toLowerCase();
    if (!token.test(name)) throw new ConfigError('CALUMMA_OPTION', `${what}: expected the name of a header, found ${quote(given)}`);
    if (ours.test(name)) throw new ConfigError('CALUMMA_OPTION', `${what}: expected headers that url() does not set itself, found ${quote(given)}`);
    checkValue(`${what}: ${name}`, value);
    checked[name] = value;
  }
  return checked;
}

/** Shows what is wrong with it, never the value. */
function checkValue(what: string, value: unknown): asserts value is string {
  checkText(what, value);
  if (unsendable.test(value)) throw new ConfigError('CALUMMA_OPTION', `${what}: expected a text of one line in Latin-1, found ${kindOf(value)} with other characters`);
}
