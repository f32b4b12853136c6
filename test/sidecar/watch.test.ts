import { expect, it } from 'vitest';
import { serving, until, watching } from './rig.js';

it('tells everything first, then each commit', async () => {
  const { url, store, config } = await serving({ a: '1' });
  const client = await watching(`${url}/v1/watch`);
  await until(() => client.events.length === 1);
  expect(client.events[0]).toMatchObject({ event: 'snapshot', data: { namespace: 'default', values: { a: '1' } } });
  store.set('a', '2');
  await until(() => client.events.length === 2);
  expect(client.events[1]).toMatchObject({ event: 'change', data: { namespace: 'default', changes: [{ key: 'a', op: 'set', value: '2', layer: 'memory' }] } });
  store.delete('a');
  await until(() => client.events.length === 3);
  expect(client.events[2]).toMatchObject({ data: { changes: [{ key: 'a', op: 'delete', layer: 'memory' }] } });
  expect(client.lastId()).toMatch(new RegExp(`^[0-9a-z]{8}-${config.version}$`));
});
