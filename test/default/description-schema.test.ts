import { expect, test } from 'vitest';
import { descriptionSchema } from '../../src/default/description-schema.js';

test('calumma.schema.json is what the table of kinds and options says; vitest -u writes it anew', async () => {
  await expect(`${JSON.stringify(descriptionSchema(), null, 2)}\n`).toMatchFileSnapshot('../../calumma.schema.json');
});
