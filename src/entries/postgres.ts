export * from '../sources/postgres/index.js';
