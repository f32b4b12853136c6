/** A long computation that stops now and then, so that other work can be done in between. */
export type Slices<T> = Generator<void, T, void>;

/** Runs a sliced computation to its end without a pause. */
export function runToEnd<T>(slices: Slices<T>): T {
  for (;;) {
    const step = slices.next();
    if (step.done === true) return step.value;
  }
}

/** Runs a sliced computation to its end, letting `turn`, such as a turn of the event loop, pass between its slices. */
export async function runPaced<T>(slices: Slices<T>, turn: () => Promise<unknown>): Promise<T> {
  for (;;) {
    const step = slices.next();
    if (step.done === true) return step.value;
    await turn();
  }
}
