export { type Daemon, startDaemon } from './daemon.js';
export { jsonLog, textLog } from './log.js';
