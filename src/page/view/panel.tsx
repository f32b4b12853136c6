import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

import { panelId } from './keyboard.js';

export interface PanelProps {
  readonly title: ComponentChildren;
  /** What a screen reader calls it; another label means another panel, which takes the focus. */
  readonly label: string;
  readonly actions?: ComponentChildren;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** What opens beside the table, and over it where there is no room. */
export function Panel({ title, label, actions, onClose, children }: PanelProps): JSX.Element {
  const region = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    // A form that opens with it has taken the focus already.
    if (region.current?.contains(document.activeElement) === false) region.current.focus({ preventScroll: true });
  }, [label]);
  return (
    <aside ref={region} id={panelId} class="panel opened" tabIndex={-1} aria-label={label}>
      <div class="title">
        <h2>{title}</h2>
        {actions}
        <button type="button" aria-label="Close" title="Close (Esc)" onClick={onClose}>
          ✕
        </button>
      </div>
      {children}
    </aside>
  );
}
