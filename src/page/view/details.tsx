import type { JSX } from 'preact';

import { useCell, useClock } from '../cells/use-cell.js';
import type { Details } from '../details/details.js';
import type { ExplanationAnswer, HoldingAnswer } from '../remote/answers.js';
import { ago, clock, lag, moment } from '../place/duration.js';
import { usePage } from './context.js';
import { EditorView } from './editor.js';
import { HistoryView } from './history.js';
import { close, edit, writableLayer } from './keyboard.js';
import { Panel } from './panel.js';
import { RevealedValue } from './revealed.js';
import { BeforeAfter, Value } from './value.js';

/** The open key: why its value is what it is, and how it came about. */
export function DetailsView(): JSX.Element | null {
  const { opened, address } = usePage();
  const details = useCell(opened.details);
  if (details === undefined) return null;
  return (
    <Panel title={<span class="key">{details.key}</span>} label={`Key ${details.key}`} actions={<Actions details={details} />} onClose={() => close(address)}>
      {details.problem !== undefined && <p class="error">{details.problem}</p>}
      <EditorView />
      {details.explanation === undefined ? undefined : <Explained explanation={details.explanation} />}
      <RecentChanges details={details} />
      {details.histories.map((history) => (
        <HistoryView key={history.layer} history={history} subject={details.key} />
      ))}
    </Panel>
  );
}

function Actions({ details }: { readonly details: Details }): JSX.Element | null {
  const page = usePage();
  const layer = writableLayer(page);
  useCell(page.health.seen);
  if (layer === undefined) return null;
  const { explanation } = details;
  const holds = explanation !== undefined && [explanation.winner, ...explanation.hidden].some((holding) => holding?.layer === layer);
  return (
    <>
      <button type="button" onClick={() => edit(page, 'set')}>
        Edit
      </button>
      {holds && (
        <button type="button" onClick={() => edit(page, 'delete')}>
          Delete
        </button>
      )}
    </>
  );
}

function Explained({ explanation }: { readonly explanation: ExplanationAnswer }): JSX.Element {
  const { value, secret, winner, hidden, unread, interpolation, errors } = explanation;
  return (
    <>
      {value === undefined ? <p class="whole absent">set nowhere</p> : value === '' ? <p class="whole absent">empty</p> : <pre class="whole">{value}</pre>}
      {secret && <RevealedValue subject={explanation.key} />}
      {errors.map(({ code, message }) => (
        <p key={message} class="error" title={code}>
          {message}
        </p>
      ))}
      <section aria-labelledby="holders-title">
        <h2 id="holders-title">
          Layers that have it <small>highest priority first</small>
        </h2>
        <ul class="holders">
          {unread.map((layer) => (
            <li key={layer} class="unread">
              <span class="verdict">not read</span>
              <span class="layer-name">{layer}</span>
              <span class="quiet">could not be read so far: it may have another value</span>
            </li>
          ))}
          {winner !== undefined && <Holder holding={winner} wins />}
          {hidden.map((holding) => (
            <Holder key={holding.layer} holding={holding} wins={false} />
          ))}
        </ul>
      </section>
      {interpolation.length > 0 && <Trail steps={interpolation} />}
    </>
  );
}

function Holder({ holding, wins }: { readonly holding: HoldingAnswer; readonly wins: boolean }): JSX.Element {
  const now = useClock(1_000);
  const { layer, raw, origin, since, staleSince } = holding;
  return (
    <li class={wins ? 'wins' : 'hidden'}>
      <span class="verdict">{wins ? 'answers' : 'hidden'}</span>
      <span class="layer-name">{layer}</span>
      <span class="raw">
        <Value value={raw} />
      </span>
      <span class="origin">{origin ?? ''}</span>
      <span class="since quiet">{since === undefined ? '' : <Since at={new Date(since)} now={now} lead="since" />}</span>
      {staleSince !== undefined && (
        <span class="stale-mark">
          <Since at={new Date(staleSince)} now={now} lead="out of touch since" />
        </span>
      )}
    </li>
  );
}

function Since({ at, now, lead }: { readonly at: Date; readonly now: number; readonly lead: string }): JSX.Element {
  return (
    <time dateTime={at.toISOString()}>
      {lead} {moment(at)}, {ago(now - at.getTime())}
    </time>
  );
}

function Trail({ steps }: { readonly steps: ExplanationAnswer['interpolation'] }): JSX.Element {
  return (
    <section aria-labelledby="trail-title">
      <h2 id="trail-title">How references were filled</h2>
      <ul class="trail">
        {steps.map(({ expression, value, depth }, at) => (
          <li key={at} style={{ paddingLeft: `${depth * 1.2}em` }}>
            <code>{expression}</code> = <Value value={value} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function RecentChanges({ details }: { readonly details: Details }): JSX.Element {
  return (
    <section aria-labelledby="recent-title">
      <h2 id="recent-title">
        Recent changes <small>of the answer, whatever layer it came from</small>
      </h2>
      {details.changes.length === 0 && <p class="quiet">None since the sidecar started.</p>}
      <ol class="ticker">
        {details.changes.map(({ revision, at, lagMs, changes }) => {
          const change = changes.find(({ key }) => key === details.key);
          return (
            <li key={revision}>
              <p class="line">
                <time dateTime={at} title={moment(new Date(at))}>
                  {clock(new Date(at))}
                </time>
                <span class="from">{change?.layer}</span>
                {lagMs !== undefined && <span class="quiet">lag {lag(lagMs)}</span>}
              </p>
              <p class="one">
                <BeforeAfter before={change?.before} after={change?.after} />
              </p>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

