/** What one span of time had. */
export interface Bin {
  readonly changes: number;
  /** The longest of them; `undefined` where no writer said when it wrote. */
  readonly lagMs: number | undefined;
}

export interface Point {
  readonly at: number;
  readonly changes: number;
  readonly lagMs: number | undefined;
}

export interface Span {
  readonly binMs: number;
  readonly bins: number;
}

/** Ten minutes in columns of ten seconds. */
export const span: Span = { binMs: 10_000, bins: 60 };

/** Sorts points into columns, oldest first. Columns stand still: they begin at whole multiples of their width. */
export function binned(points: readonly Point[], now: number, { binMs, bins }: Span = span): Bin[] {
  const result: Bin[] = Array.from({ length: bins }, () => ({ changes: 0, lagMs: undefined }));
  const last = Math.floor(now / binMs);
  for (const { at, changes, lagMs } of points) {
    const index = bins - 1 - (last - Math.floor(at / binMs));
    const bin = result[index];
    if (bin === undefined) continue;
    const longest = lagMs === undefined ? bin.lagMs : Math.max(bin.lagMs ?? 0, lagMs);
    result[index] = { changes: bin.changes + changes, lagMs: longest };
  }
  return result;
}
