import { fork } from 'node:child_process';
import { once } from 'node:events';

/**
 * A process of its own that answers by IPC: each `{ name, value }`, or any other task, with `{ answer }`.
 *
 * @param {URL} file @param {string[]} [args]
 */
export async function worker(file, args = []) {
  const child = fork(file, args, { execArgv: ['--expose-gc', '--no-warnings'] });
  let broken;
  const gone = once(child, 'exit').then(([code]) => {
    broken = new Error(`${file.pathname} ended with ${code}`);
    throw broken;
  });
  gone.catch(() => undefined);
  const answer = async () => (await Promise.race([once(child, 'message'), gone]))[0].answer;
  const first = await answer();
  return {
    first,
    pid: child.pid,
    ask(task) {
      if (broken !== undefined) throw broken;
      child.send(task);
      return answer();
    },
    do(name, value) {
      return this.ask({ name, value });
    },
    close() {
      child.kill();
    },
  };
}
