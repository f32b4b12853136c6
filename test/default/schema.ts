import { readFileSync } from 'node:fs';

import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { CORE_SCHEMA, loadAll, mergeTag } from 'js-yaml';

const description = JSON.parse(readFileSync(new URL('../../calumma.schema.json', import.meta.url), 'utf8')) as object;
export const validate: ValidateFunction = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true }).compile(description);
const schema = CORE_SCHEMA.withTags(mergeTag);

/** What an editor says of a description: its plain data, then the JSON Schema. */
export function schemaAccepts(text: string): boolean {
  return validate(loadAll(text, { schema })[0] ?? {});
}
