export * from '../sources/database/index.js';
