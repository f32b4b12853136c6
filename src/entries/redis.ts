export * from '../sources/redis/index.js';
