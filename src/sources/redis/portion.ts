// Big enough to make the way there and back small beside it, small enough to hold neither side for long.
const goalBytes = 128 * 1024;
const mostElements = 2_000;

/** How many elements to ask for at once, by the size of those that came before. */
export class Portion {
  #count = 100;

  get count(): number {
    return this.#count;
  }

  had(parts: readonly (Buffer | null)[], elements = parts.length / 2): void {
    if (elements === 0) return;
    const bytes = parts.reduce((sum, part) => sum + (part?.length ?? 0), 0);
    const fitting = Math.floor(goalBytes / Math.max(1, bytes / elements));
    // A few big ones may be followed by many: it grows step by step.
    this.#count = Math.max(1, Math.min(mostElements, fitting, this.#count * 4));
  }
}
