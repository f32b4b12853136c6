/** A client of ZooKeeper without dependencies: promises, typed errors, persistent watches, TLS. */
export { ZooKeeperClient } from './client.js';
export type { AddWatchOptions, CallSignal, ReadManyOptions, ReadOptions, RemoveWatchesOptions, WriteOptions } from './client.js';
export type { Auth } from './channel.js';
export type { ZooKeeperTls } from './connection.js';
export { ZooKeeperError } from './errors.js';
export type { ZooKeeperCode, ZooKeeperErrorDetails } from './errors.js';
export type { ListenOptions, Unsubscribe } from './listeners.js';
export type { Operation, OperationResult, Read, ReadResult } from './multi.js';
export type { ZooKeeperOptions } from './options.js';
export { creatorAcl, digestId, openAcl, readOnlyAcl } from './records.js';
export type { Acl, Permission, Stat, WatchEvent, WatchEventType } from './records.js';
export type { CreateOptions, Created, Data, NodeChildren, NodeData } from './requests.js';
export type { SessionState, StateChange } from './session.js';
export type { Clock, Timer } from './timing.js';
export type { Watch, WatchKind } from './watch-keeper.js';
export type { WatchListener } from './watches.js';
