import { readFileSync, statSync } from 'node:fs';
import { ConfigError } from '../../index.js';
import type { Access } from '../access.js';
import { accessBy, noTokens, parseTokens, type Tokens } from './tokens.js';

/** How long what was read is believed without another look: ms. */
const believedMs = 500;

/** The file of tokens, read again when it has changed: looked at when somebody shows a token. */
export class TokenFile {
  readonly #path: string;
  readonly #report: (problem: ConfigError) => void;
  #tokens: Tokens = noTokens;
  /** What the file looked like when it was read. */
  #stamp: string | undefined;
  #lookedAt = -Infinity;

  /** @throws ConfigError CALUMMA_OPTION when it cannot be read */
  constructor(path: string, report: (problem: ConfigError) => void) {
    this.#path = path;
    this.#report = report;
    try {
      this.#read();
    } catch (error) {
      throw problemIn(path, `expected a file that can be read, found ${wordOf(error)}`);
    }
  }

  get isEmpty(): boolean {
    return this.#tokens.tokens.length === 0;
  }

  accessBy(token: string, now = performance.now()): Access | undefined {
    if (now - this.#lookedAt >= believedMs) this.#lookAgain(now);
    return accessBy(this.#tokens, token);
  }

  #lookAgain(now: number): void {
    this.#lookedAt = now;
    try {
      this.#read();
    } catch (error) {
      if (this.#stamp === 'none') return;
      this.#stamp = 'none';
      // Taking the file away is how all tokens are taken back.
      this.#tokens = noTokens;
      this.#report(problemIn(this.#path, `expected a file that can be read, found ${wordOf(error)}: no token is taken until it is back`));
    }
  }

  #read(): void {
    const { mtimeNs, ctimeNs, size, ino, mode } = statSync(this.#path, { bigint: true });
    const stamp = [mtimeNs, ctimeNs, size, ino].join(' ');
    if (stamp === this.#stamp) return;
    this.#tokens = parseTokens(readFileSync(this.#path, 'utf8'));
    this.#stamp = stamp;
    if ((mode & 0o004n) !== 0n) this.#report(problemIn(this.#path, 'expected a file that only its owner can read, found one that everybody can; it is used all the same: chmod 600'));
    for (const { line, problem } of this.#tokens.badLines) this.#report(problemIn(`${this.#path}:${line}`, `${problem}: this line is left out`));
  }
}

function problemIn(place: string, problem: string): ConfigError {
  return new ConfigError('CALUMMA_OPTION', `the sidecar's tokens: ${problem}`, { origin: place });
}

function wordOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'something else';
}
