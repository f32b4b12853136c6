export { type Daemon, type DaemonOptions, startDaemon } from './daemon.js';
export { type Event, jsonLog, type Level, type Log, textLog } from './log.js';
