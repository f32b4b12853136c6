export { cached } from './cached.js';
export { memoryIn } from './in-folder.js';
export type { CachedOptions } from './options.js';
