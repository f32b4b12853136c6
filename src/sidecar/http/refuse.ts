import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerProblem, send } from './answer.js';
import { type Problem, problemOf } from './problem.js';

/** Whatever went wrong, as the answer. */
export function refuse(thrown: unknown, request: IncomingMessage, response: ServerResponse): void {
  // Nobody is there any more to be told, and who hangs up is no failure of ours.
  if (response.destroyed) return;
  const problem = reported(thrown);
  if (response.headersSent) response.destroy();
  else send(request, response, answerProblem(problem));
}

/** Whatever was thrown, as an answer; what we did not foresee is also said to whoever runs the sidecar. */
export function reported(thrown: unknown): Problem {
  const problem = problemOf(thrown);
  if (problem.code === 'INTERNAL') process.emitWarning(thrown instanceof Error ? thrown : String(thrown));
  return problem;
}
