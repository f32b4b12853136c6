export { zookeeper } from './zookeeper.js';
export type { ZooKeeperSourceOptions } from './options.js';
