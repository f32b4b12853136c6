import { fieldsSchema, needed, optional, readFields, type Fields } from './description-fields.js';
import { complain, found } from './description-inspection.js';
import { filePath, listOf, orNothing, text, wholeNumber, type Shape } from './description-shapes.js';

/** Where `calumma sidecar` listens, and whom it lets in. Paths are absolute. */
export interface SidecarSpec {
  readonly host?: string;
  /** 0: any free one; false: none. */
  readonly port?: number | false;
  /** Of a Unix socket; false: none. */
  readonly socket?: string | false;
  /** The file of tokens. */
  readonly tokens?: string;
  readonly tls?: SidecarTls;
  /** Names that this host is called by, besides `localhost` and its own. */
  readonly hosts?: readonly string[];
}

export interface SidecarTls {
  readonly key: string;
  readonly cert: string;
  /** Who vouches for clients; without it they are not asked for a certificate. */
  readonly ca?: string;
}

const port: Shape<number> = {
  schema: { anyOf: [{ type: 'integer', minimum: 0, maximum: 65_535 }, { $ref: '#/$defs/reference' }] },
  read(node, inspection) {
    const before = inspection.issues.length;
    const number = wholeNumber.read(node, inspection);
    if (number !== undefined && number <= 65_535) return number;
    if (inspection.issues.length === before) complain(inspection, node, `expected a port from 0 to 65535, found ${found(inspection, node)}`);
    return undefined;
  },
};

const tlsFields = {
  key: needed(filePath, 'the PEM file of the private key'),
  cert: needed(filePath, 'the PEM file of the certificate'),
  ca: optional(filePath, 'PEM file of who vouches for clients: with a certificate of theirs they may read.'),
} satisfies Fields;

const tls: Shape<SidecarTls> = {
  schema: fieldsSchema(tlsFields),
  read(node, inspection) {
    const values = readFields(node, tlsFields, inspection);
    if (values === undefined) return undefined;
    const { key, cert, ca } = values;
    return { key: key.absolute, cert: cert.absolute, ...(ca && { ca: ca.absolute }) };
  },
};

const sidecarFields = {
  host: optional(text, 'Address to listen on; others than loopback need tokens or client certificates.', '127.0.0.1'),
  port: optional(orNothing(port), 'Port to listen on, 0 for any, or false.', 8078),
  socket: optional(orNothing(filePath), 'A Unix socket, or false. Default: sidecar.sock in $RUNTIME_DIRECTORY, else in $XDG_RUNTIME_DIR/calumma.'),
  tokens: optional(filePath, 'File of tokens, from the folder of this description; read again when it changes.'),
  tls: optional(tls, 'Listen with TLS.'),
  hosts: optional(listOf(text, 'a list of names'), 'Names that requests may call this host by, besides localhost and its own.'),
} satisfies Fields;

/** The section `sidecar:`. */
export const sidecar: Shape<SidecarSpec> = {
  schema: fieldsSchema(sidecarFields),
  read(node, inspection) {
    const values = readFields(node, sidecarFields, inspection);
    if (values === undefined) return undefined;
    const { socket, tokens, ...rest } = values;
    return { ...rest, ...(socket !== undefined && { socket: socket && socket.absolute }), ...(tokens && { tokens: tokens.absolute }) };
  },
};
