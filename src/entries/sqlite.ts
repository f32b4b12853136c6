export * from '../sources/sqlite/index.js';
