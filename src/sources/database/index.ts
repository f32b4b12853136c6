export { database, type DatabaseEvents, type DatabaseLoad, type DatabaseOptions, type DatabaseSubscribe, type StoredEntries } from './database.js';
