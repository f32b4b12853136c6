import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The two files of the demo, in a temporary folder of their own. */
export interface DemoFiles {
  readonly folder: string;
  /** Both, without extension: what `files()` takes. */
  readonly base: string;
  readonly properties: string;
  readonly yaml: string;
  /** Writes another rate limit into `application.properties`. */
  setRateLimit(limit: number): Promise<void>;
  remove(): Promise<void>;
}

const properties = `# every environment
gateway.rate.limit=5
gateway.allowed.hosts=127.0.0.1,localhost
gateway.timeout=1s
`;

const yaml = `# goes before application.properties when the environment is prod
gateway:
  timeout: 300ms
`;

export async function makeDemoFiles(): Promise<DemoFiles> {
  const folder = await mkdtemp(path.join(tmpdir(), 'calumma-demo-'));
  const files = { properties: path.join(folder, 'application.properties'), yaml: path.join(folder, 'application-prod.yaml') };
  await writeFile(files.properties, properties);
  await writeFile(files.yaml, yaml);
  return {
    ...files,
    folder,
    base: path.join(folder, 'application'),
    async setRateLimit(limit) {
      const text = await readFile(files.properties, 'utf8');
      await writeFile(files.properties, text.replace(/^gateway\.rate\.limit=.*$/m, `gateway.rate.limit=${limit}`));
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
