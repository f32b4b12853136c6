import type { Format } from '../../formats/format.js';
import { builtInFormats, formatForMediaType, formatForPath } from '../../formats/registry.js';
import { quote } from '../../core/redact.js';
import type { Address } from './address.js';
import type { UrlSpec } from './options.js';
import { Problem } from './problem.js';
import type { Content } from './request.js';

/** What people look at: an error page, a login, a picture in the place of a configuration. */
const forPeople = /^(text\/(html|xml)|application\/(xhtml\+xml|xml|pdf)|image\/.*|audio\/.*|video\/.*|font\/.*|multipart\/.*)$/;

const page = /^(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|html|head|body)[\s>]/i;

/**
 * How a body is read: as the option says, else by its media type, else by the extension of the address, the user's or
 * the one that redirects have led to.
 *
 * @throws Problem
 */
export function formatOf(spec: UrlSpec, address: Address, content: Content): Format {
  const format = spec.format ?? byType(content.mediaType) ?? formatForPath(address.url.pathname) ?? formatForPath(content.url.pathname);
  if (format === undefined) throw unknown(content.mediaType);
  // A .properties file may say anything, also "<html>"; a format of the user's may read pages.
  if (builtInFormats.includes(format) && page.test(content.bytes.toString('latin1', 0, 1_024))) throw notForPeople('an HTML page');
  return format;
}

function byType(mediaType: string): Format | undefined {
  const type = essence(mediaType);
  const format = formatForMediaType(type);
  if (format === undefined && forPeople.test(type)) throw notForPeople(type);
  return format;
}

function essence(mediaType: string): string {
  return (mediaType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

function notForPeople(found: string): Problem {
  return new Problem(`expected a configuration, found ${found} with status 200: an error page or a login, perhaps; if it is right, name the format with "format"`);
}

function unknown(mediaType: string): Problem {
  const type = essence(mediaType);
  const found = type === '' ? 'no media type' : `the media type ${quote(type)}`;
  return new Problem(`expected a media type or an extension of a known format, found ${found} and another extension: name one with "format"`, { code: 'CALUMMA_UNKNOWN_FORMAT' });
}
