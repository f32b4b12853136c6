import { crypto } from '../crypto.js';


const longest = 64;

/**
 * The name of a layer's file: the layer's own where every file system takes it for itself and for no other, else what can be
 * read of it and twelve digits of its hash. `PG` and `pg` are one name to macOS and Windows, `con` is a device to Windows.
 */
export function fileNameOf(layer: string): string {
  const isSafe = /^[a-z0-9][a-z0-9._-]*$/.test(layer) && layer.length <= longest && !/^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/.test(layer);
  return isSafe ? `${layer}.cache` : `${readable(layer)}~${hashOf(layer)}.cache`;
}

function readable(layer: string): string {
  const words = layer.toLowerCase().replace(/[^a-z0-9._-]+/g, '-').slice(0, longest).replace(/^[._-]+|[._-]+$/g, '');
  return words === '' ? 'layer' : words;
}

function hashOf(layer: string): string {
  // UTF-16, because in UTF-8 all halves of surrogate pairs are the same three bytes
  return crypto().createHash('sha256').update(Buffer.from(layer, 'utf16le')).digest('hex').slice(0, 12);
}
