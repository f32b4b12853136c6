/** Every code of ZooKeeper, with its number on the wire and what it means; `CLOSED` is ours and never on the wire. */
const codes = {
  SYSTEMERROR: [-1, 'the server failed'],
  RUNTIMEINCONSISTENCY: [-2, 'the server found itself in an inconsistent state'],
  DATAINCONSISTENCY: [-3, 'the server found its data inconsistent'],
  CONNECTIONLOSS: [-4, 'the connection was lost'],
  MARSHALLINGERROR: [-5, 'a request or reply could not be read'],
  UNIMPLEMENTED: [-6, 'this server does not know the operation'],
  OPERATIONTIMEOUT: [-7, 'the operation took too long'],
  BADARGUMENTS: [-8, 'an argument is wrong'],
  NEWCONFIGNOQUORUM: [-13, 'no quorum of the new configuration is up to date'],
  RECONFIGINPROGRESS: [-14, 'another reconfiguration is in progress'],
  UNKNOWNSESSION: [-12, 'the session is unknown'],
  APIERROR: [-100, 'the request was refused'],
  NONODE: [-101, 'no such node'],
  NOAUTH: [-102, 'not permitted by the ACL of the node'],
  BADVERSION: [-103, 'the node has another version than the expected one'],
  NOCHILDRENFOREPHEMERALS: [-108, 'an ephemeral node cannot have children'],
  NODEEXISTS: [-110, 'the node exists already'],
  NOTEMPTY: [-111, 'the node has children'],
  SESSIONEXPIRED: [-112, 'the session has expired'],
  INVALIDCALLBACK: [-113, 'the callback is invalid'],
  INVALIDACL: [-114, 'the ACL is invalid: empty, unknown scheme, or "auth" without being authenticated'],
  AUTHFAILED: [-115, 'the server refused the authentication'],
  SESSIONMOVED: [-118, 'the session has moved to another server'],
  NOTREADONLY: [-119, 'this server is read-only at the moment, it has no quorum'],
  EPHEMERALONLOCALSESSION: [-120, 'a local session cannot have ephemeral nodes'],
  NOWATCHER: [-121, 'there is no such watch'],
  REQUESTTIMEOUT: [-122, 'the server did not complete the request in time'],
  RECONFIGDISABLED: [-123, 'reconfiguration is disabled on this server'],
  SESSIONCLOSEDREQUIRESASLAUTH: [-124, 'the server asks for SASL authentication, which this client does not have'],
  QUOTAEXCEEDED: [-125, 'the quota of the node is exceeded'],
  THROTTLEDOP: [-127, 'the server is overloaded and threw the request away'],
  CLOSED: [undefined, 'the client was closed'],
} as const satisfies Readonly<Record<string, readonly [number | undefined, string]>>;

/** The codes of ZooKeeper by their names in its Java client, and `CLOSED` for a client that was closed. */
export type ZooKeeperCode = keyof typeof codes;

const names: ReadonlyMap<number, ZooKeeperCode> = new Map(
  (Object.keys(codes) as ZooKeeperCode[]).flatMap((name) => {
    const [number] = codes[name];
    return number === undefined ? [] : [[number, name] as const];
  }),
);

/** The name of a number in a reply. A number of a later version of ZooKeeper is called what its range says. */
export function codeOf(number: number): ZooKeeperCode {
  return names.get(number) ?? (number > -100 ? 'SYSTEMERROR' : 'APIERROR');
}

export interface ZooKeeperErrorDetails {
  /** The node, as the caller wrote it: below the chroot. */
  readonly path?: string | undefined;
  /** For a `multi` that failed: what became of each operation, in their order; `undefined` for one that would have worked. */
  readonly results?: readonly (ZooKeeperCode | undefined)[] | undefined;
  readonly cause?: unknown;
}

/**
 * What a {@link ZooKeeperClient} rejects with.
 *
 * `CONNECTIONLOSS` after a write says that nobody knows whether it was applied. `CLOSED` means that `close()` was called.
 *
 * @example
 * const limit = await client.getData('/config/limit').catch((error) => {
 *   if (error instanceof ZooKeeperError && error.code === 'NONODE') return undefined;
 *   throw error;
 * });
 */
export class ZooKeeperError extends Error {
  override readonly name = 'ZooKeeperError';
  /** As ZooKeeper names it: `NONODE`, `BADVERSION`, `CONNECTIONLOSS`. */
  readonly code: ZooKeeperCode;
  /** The node, as the caller wrote it: below the chroot. Undefined if it is about no node. */
  readonly path: string | undefined;
  /** For a `multi` that failed: what became of each operation; `undefined` for one that would have worked. */
  readonly results: readonly (ZooKeeperCode | undefined)[] | undefined;

  constructor(code: ZooKeeperCode, message: string, details: ZooKeeperErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.path = details.path;
    this.results = details.results;
  }
}

/** An error that a server answered, in words: `getData /config/limit: no such node (NONODE)`. */
export function replyError(operation: string, path: string | undefined, number: number, details: ZooKeeperErrorDetails = {}): ZooKeeperError {
  const code = codeOf(number);
  const shown = names.has(number) ? code : `${code} ${number}`;
  return new ZooKeeperError(code, `${operation}${path === undefined ? '' : ` ${path}`}: ${codes[code][1]} (${shown})`, { path, ...details });
}

/** A call that the client itself refuses. */
export function argumentError(operation: string, problem: string, path?: string): ZooKeeperError {
  return new ZooKeeperError('BADARGUMENTS', `${operation}: ${problem}`, { path });
}

export function closedError(operation: string, path?: string): ZooKeeperError {
  return new ZooKeeperError('CLOSED', `${operation}: the client was closed`, { path });
}

/** Bytes that are no reply of a ZooKeeper server, or not to what was asked. The connection they came on is dropped. */
export function protocolError(problem: string): ZooKeeperError {
  return new ZooKeeperError('MARSHALLINGERROR', problem);
}

export function isCode(error: unknown, ...wanted: readonly ZooKeeperCode[]): error is ZooKeeperError {
  return error instanceof ZooKeeperError && wanted.includes(error.code);
}
