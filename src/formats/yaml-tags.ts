import type * as JsYaml from 'js-yaml';

export type YamlLibrary = typeof JsYaml;

const standard = 'tag:yaml.org,2002:';

export const stringTag = `${standard}str`;

/** The tags of the YAML specification that are known here, and what each is put on. */
const kinds: ReadonlyMap<string, 'scalar' | 'map' | 'list'> = new Map([
  ...['str', 'int', 'float', 'bool', 'null'].map((name) => [standard + name, 'scalar'] as const),
  [`${standard}map`, 'map'],
  [`${standard}seq`, 'list'],
]);

export function kindOfTag(tag: string): 'scalar' | 'map' | 'list' | undefined {
  return kinds.get(tag);
}

/** `!!int`, `!<tag:yaml.org,2002:int>` and a handle declared by `%TAG` are one name. */
export function tagName(written: string, handles: ReadonlyMap<string, string>): string {
  if (written.startsWith('!<')) return written.slice(2, -1);
  const handle = /^!(?:[^!]*!)?/.exec(written)?.[0] ?? '!';
  const prefix = handles.get(handle) ?? (handle === '!!' ? standard : handle);
  return prefix + written.slice(handle.length);
}

const nulls: ReadonlySet<string> = new Set(['', '~', 'null', 'Null', 'NULL']);

/** YAML 1.2, core schema: what a plain scalar must be to mean null. */
export function isNull(text: string): boolean {
  return nulls.has(text);
}

/** The text of a scalar under a tag, `null` under `!!null`, `undefined` if it does not fit. */
export function resolveTagged(yaml: YamlLibrary, tag: string, text: string): string | null | undefined {
  if (tag === stringTag) return text;
  if (tag === `${standard}null`) return isNull(text) ? null : undefined;
  const fits = typesOf(yaml, tag).some((type) => type.resolve(text, true, tag) !== yaml.NOT_RESOLVED);
  return fits ? text : undefined;
}

/** In YAML 1.2 and 1.1: who writes a type expressly means one of the two, and the text stays as it is anyway. */
function typesOf(yaml: YamlLibrary, tag: string): readonly JsYaml.ScalarTagDefinition[] {
  switch (tag.slice(standard.length)) {
    case 'int':
      return [yaml.intCoreTag, yaml.intYaml11Tag];
    case 'float':
      return [yaml.floatCoreTag, yaml.floatYaml11Tag, yaml.intCoreTag];
    case 'bool':
      return [yaml.boolCoreTag, yaml.boolYaml11Tag];
    default:
      return [];
  }
}
