import { type Change, type ChangeSet, type ConfigError, ConversionError, type StateChange } from '../../index.js';
import type { Output } from '../output.js';
import type { Stage } from './stage.js';

/** Says what happens to a config, as it happens. */
export interface News {
  change(set: ChangeSet): void;
  error(error: ConfigError): void;
  state(change: StateChange): void;
}

/**
 * @param stage asked when there is news: the first error may come before it is set up
 * @param lead begins each line. Default: the time of day
 */
export function newsOn(output: Output, stage: () => Stage | undefined, lead = timeOfDay): News {
  // A line is to fit on a screen.
  const shorten = (text: string): string => text.replaceAll(`${stage()?.files.folder ?? ''}/`, '');
  const say = (text: string): void => output.line(`${output.style('dim', lead())} ${text}`);
  return {
    change(set) {
      for (const change of set.changes) say(shorten(changeLine(change, set, output, stage())));
    },
    error(error) {
      say(output.style('red', `✗ ${shorten(error.message)}`));
      if (!(error instanceof ConversionError)) say(output.style('dim', '  the last good values stay'));
    },
    state({ layer, state, before }) {
      if (state === 'live' && before === 'stale') say(output.style('green', `✓ ${layer} layer: read again`));
    },
  };
}

function timeOfDay(): string {
  return new Date().toTimeString().slice(0, 8);
}

/** The gateway knows a change from the sidecar; where it was made, the sidecar knows. */
function changeLine(change: Change, set: ChangeSet, output: Output, stage: Stage | undefined): string {
  const values = `${output.style('dim', shown(change.before))} → ${output.style(['bold', 'green'], shown(change.after))}`;
  const refused = (stage?.config.explain(change.key).errors.length ?? 0) > 0;
  const note = refused ? output.style('yellow', '  not used: the last good value stays') : '';
  const winner = stage?.served.explain(change.key).winner;
  const place = output.style('dim', `${winner?.layer ?? 'no'} layer, ${winner?.origin ?? 'nowhere'}${lag(set)}`);
  return `${output.style('bold', change.key)}  ${values}${note}  ${place}`;
}

function shown(value: string | undefined): string {
  return value ?? '(not set)';
}

/** Time from the write to this line, by the clock of the file system, which may tick in steps of some ms. */
function lag({ causes }: ChangeSet): string {
  const writtenAt = causes.find((cause) => cause.writtenAt !== undefined)?.writtenAt;
  return writtenAt === undefined ? '' : `, ${Math.max(0, Date.now() - writtenAt.getTime())} ms after the write`;
}
