export * from '../sources/mysql/index.js';
