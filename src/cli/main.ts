#!/usr/bin/env node
import { runCommandLine } from './command-line.js';
import { processTerminal } from './terminal.js';

void runCommandLine(process.argv, processTerminal()).then((code) => {
  process.exitCode = code;
});
