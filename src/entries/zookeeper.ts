export * from '../zookeeper/index.js';
export * from '../zookeeper/tree/index.js';
export * from '../sources/zookeeper/index.js';
