import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder of its own for one row. */
export interface Lab {
  readonly folder: string;
  at(name: string): string;
  /** As careful writers do: a new file renamed into place. */
  write(name: string, content: string | Buffer): void;
  link(name: string, target: string): void;
  remove(name: string): void;
  /** Runs when the row is done. */
  finally(act: () => unknown): void;
  close(): Promise<void>;
}

export function openLab(): Lab {
  const folder = mkdtempSync(path.join(tmpdir(), 'calumma-bad-'));
  const acts: (() => unknown)[] = [];
  const at = (name: string): string => path.join(folder, name);
  return {
    folder,
    at,
    write(name, content) {
      mkdirSync(path.dirname(at(name)), { recursive: true });
      writeFileSync(at('.new'), content);
      renameSync(at('.new'), at(name));
    },
    link: (name, target) => symlinkSync(target, at(name)),
    remove: (name) => rmSync(at(name), { recursive: true, force: true }),
    finally: (act) => acts.push(act),
    async close() {
      for (let act = acts.pop(); act !== undefined; act = acts.pop()) await act();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
