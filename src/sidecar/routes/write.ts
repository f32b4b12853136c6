import type { Context } from 'hono';
import { expectWrite } from '../access.js';
import type { AddRoutes, Bindings } from '../app.js';
import { notAllowed, Problem } from '../http/problem.js';
import { keyOf } from '../http/target.js';
import { fieldsOf, textOf } from '../writing/body.js';
import { editIn, layerOf } from '../writing/edit.js';
import { expectedVersion, signatureOf } from '../writing/signature.js';
import { write } from '../writing/write.js';

type Request = Context<{ Bindings: Bindings }>;

const noFields = new Map<string, unknown>();
export const patchFields = ['set', 'delete', 'layer', 'expectedVersion', 'author', 'reason'];

/** `PUT` and `DELETE /v1/config/{ns}/{key}`, `PATCH /v1/config/{ns}`: writes to a layer that can be written. */
export const addWrite: AddRoutes = (app, { namespaces }) => {
  const one = async (context: Request, value: (bytes: ArrayBuffer) => string | null): Promise<Response> => {
    const { access, target, incoming } = context.env;
    expectWrite(access);
    const namespace = namespaces.get(target.path[2] ?? '');
    if (target.path.length < 4) throw notAllowed('GET, PATCH');
    const signature = signatureOf(access, incoming.headers, noFields);
    const expected = expectedVersion(incoming.headers, noFields);
    const layer = layerOf(namespace.config, target.query.get('layer') ?? undefined);
    const entries = new Map([[keyOf(target), value(await context.req.arrayBuffer())]]);
    return context.json(await write(namespace, { layer, entries }, { ...signature, expectedVersion: expected }));
  };
  app.put('/v1/config/*', (context) => one(context, (bytes) => valueIn(bytes, context.req.header('content-type'))));
  app.delete('/v1/config/*', (context) => one(context, () => null));
  app.patch('/v1/config/*', async (context) => {
    const { access, target, incoming } = context.env;
    expectWrite(access);
    if (target.path.length > 3) throw notAllowed('GET, PUT, DELETE');
    const namespace = namespaces.get(target.path[2] ?? '');
    const fields = fieldsOf(await context.req.arrayBuffer(), context.req.header('content-type'), patchFields);
    const signature = signatureOf(access, incoming.headers, fields);
    const edit = editIn(namespace.config, fields, target.query.get('layer'));
    return context.json(await write(namespace, edit, { ...signature, expectedVersion: expectedVersion(incoming.headers, fields) }));
  });
};

/** The body is the value, whatever it is called: curl calls everything a form. */
function valueIn(bytes: ArrayBuffer, contentType: string | undefined): string {
  if (/^multipart\//i.test(contentType ?? '')) throw new Problem(415, 'UNSUPPORTED_MEDIA_TYPE', 'expected the value as the body, found a form in parts');
  return textOf(bytes, contentType);
}
