import { planRollback } from '../../index.js';
import { expectWrite } from '../access.js';
import type { AddRoutes } from '../app.js';
import { badRequest } from '../http/problem.js';
import { namespaceOf } from '../http/target.js';
import { fieldsOf, flagField, keysField, textField } from '../writing/body.js';
import { editIn, layerOf } from '../writing/edit.js';
import { previewOf } from '../writing/preview.js';
import { expectedVersion, signatureOf } from '../writing/signature.js';
import { write } from '../writing/write.js';
import { patchFields } from './write.js';

const rollbackFields = ['layer', 'version', 'keys', 'expectedVersion', 'author', 'reason', 'dryRun'];

/**
 * `POST /v1/preview/{ns}`: what a write would change; `POST /v1/rollback/{ns}`: one more write that gives every key that was changed after a version
 * its value of then. Both need a token that may write: by trying values out one could find a secret without seeing it.
 */
export const addRollback: AddRoutes = (app, { namespaces, clients }) => {
  app.post('/v1/preview/*', async (context) => {
    const { access, target } = context.env;
    expectWrite(access);
    const namespace = namespaces.get(namespaceOf(target));
    const fields = fieldsOf(await context.req.arrayBuffer(), context.req.header('content-type'), patchFields);
    return context.json(previewOf(namespace, editIn(namespace.config, fields, target.query.get('layer')), clients, access.reveal));
  });
  for (const path of ['/v1/rollback', '/v1/rollback/*']) {
    app.post(path, async (context) => {
      const { access, target, incoming } = context.env;
      expectWrite(access);
      const namespace = namespaces.get(namespaceOf(target));
      const { config } = namespace;
      const fields = fieldsOf(await context.req.arrayBuffer(), context.req.header('content-type'), rollbackFields);
      const version = textField(fields, 'version');
      if (version === undefined) throw badRequest('version: expected the version to go back to, as the history tells it');
      const dryRun = flagField(fields, 'dryRun');
      const signature = dryRun ? undefined : signatureOf(access, incoming.headers, fields);
      const layer = layerOf(config, textField(fields, 'layer') ?? target.query.get('layer') ?? undefined);
      const { entries, expectedVersion: planned } = await planRollback(config.writable(layer), version, keysField(fields, 'keys'));
      const edit = { layer, entries };
      const keys = [...entries.keys()];
      if (signature === undefined) return context.json({ ...previewOf(namespace, edit, clients, access.reveal), version: planned, keys });
      if (keys.length === 0) return context.json({ namespace: namespace.name, layer, version: planned, revision: namespace.revision, seen: true, keys });
      const expected = expectedVersion(incoming.headers, fields) ?? planned;
      return context.json({ ...(await write(namespace, edit, { ...signature, expectedVersion: expected })), keys });
    });
  }
};
