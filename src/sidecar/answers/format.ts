import { render } from '../../index.js';
import { jsonType } from '../http/answer.js';
import { badRequest } from '../http/problem.js';
import type { View, ViewFormat } from '../held/view.js';

/** What is sent of a format. */
const types: Readonly<Record<ViewFormat, string>> = {
  json: jsonType,
  typed: jsonType,
  properties: 'text/x-java-properties; charset=utf-8',
  env: 'text/plain; charset=utf-8',
  yaml: 'application/yaml; charset=utf-8',
};

/** What may be asked for by `Accept`. */
const accepted: Readonly<Record<string, ViewFormat>> = {
  'application/json': 'json',
  'text/x-java-properties': 'properties',
  'text/plain': 'env',
  'application/yaml': 'yaml',
  'application/x-yaml': 'yaml',
  'text/yaml': 'yaml',
};

export const typeOf = (format: ViewFormat): string => types[format];

/** The format that is asked for: by `?format=`, else by `Accept`, else JSON. @throws Problem 400 for a format that is none */
export function formatOf(query: URLSearchParams, accept: string | undefined): ViewFormat {
  const asked = query.get('format');
  if (asked === null) return accept === undefined ? 'json' : bestOf(accept);
  if (Object.hasOwn(types, asked)) return asked as ViewFormat;
  throw badRequest(`format: expected ${Object.keys(types).join(', ')}, found ${JSON.stringify(asked.slice(0, 20))}`);
}

/** The body of a view in a format. For `json` its values only: what stands before them changes from answer to answer. */
export function bodyOf(view: View, format: ViewFormat): Buffer {
  return view.body(format, (entries) => Buffer.from(format === 'json' ? valuesJson(entries, view.masked()) : render(entries, format)));
}

function bestOf(accept: string): ViewFormat {
  const ranges = accept.split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((one) => one.startsWith('q='))?.slice(2);
    return { type, quality: quality === undefined ? 1 : Number(quality) };
  });
  const known = ranges.filter(({ type, quality }) => Object.hasOwn(accepted, type) && quality > 0);
  const [best] = known.sort((one, other) => other.quality - one.quality);
  return (best && accepted[best.type]) ?? 'json';
}

// Put together by hand: `__proto__` is a key like any other, and an object would put numeric keys first.
function valuesJson(entries: readonly (readonly [string, string])[], masked: readonly string[]): string {
  const pairs = entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return `"values":{${pairs.join(',')}}${masked.length === 0 ? '' : `,"masked":${JSON.stringify(masked)}`}}`;
}
