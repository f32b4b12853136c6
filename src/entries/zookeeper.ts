export * from '../zookeeper/index.js';
