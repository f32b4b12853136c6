import type { FullReading, Reading } from '../../core/model.js';
import type { TreeBatch, TreeCache } from '../../zookeeper/tree/index.js';

/** How nodes become entries. All of it throws for what cannot be used; the cache goes on then. */
export interface Layout {
  /** Everything, as the cache has it at one moment. */
  whole(cache: TreeCache): Promise<FullReading>;
  /** What a batch changes; `undefined` for nothing. */
  part(batch: TreeBatch, cache: TreeCache): Reading | undefined;
  /** What a reading without news says: that there is another version. */
  about(cache: TreeCache): Pick<Reading, 'version' | 'locate'>;
}
