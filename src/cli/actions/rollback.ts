import { withAccess } from '../access/access.js';
import { oneLine } from '../lines.js';
import type { WriteChoice } from '../options.js';
import { signatureOf } from '../signature.js';
import type { Terminal } from '../terminal.js';
import { showPreview } from './write.js';

export async function rollback({ output }: Terminal, version: string, options: WriteChoice): Promise<void> {
  await withAccess(options, async (access) => {
    if (options.dryRun === true) return showPreview(output, await access.previewRollback(version, options.layer), options.json === true);
    const done = await access.rollback(version, signatureOf(options, `calumma rollback ${version}`), options.layer);
    if (options.json === true) output.json(done);
    else output.line(oneLine(`${done.layer} is as it was at version ${version}; that is version ${done.version}`));
  });
}
