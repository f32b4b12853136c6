import type { ComponentChildren, JSX } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

import { useCell } from '../cells/use-cell.js';
import { inWords } from '../remote/api.js';
import { usePage } from './context.js';
import { shortcuts } from './keyboard.js';

export function Dialogs(): JSX.Element | null {
  const { dialog } = usePage();
  const open = useCell(dialog);
  if (open === undefined) return null;
  const close = (): void => dialog.set(undefined);
  return open === 'help' ? <Help onClose={close} /> : <SignIn onClose={close} />;
}

interface ModalProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

function Modal({ title, onClose, children }: ModalProps): JSX.Element {
  const element = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    element.current?.showModal();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <dialog ref={element} aria-labelledby="dialog-title" onClose={onClose}>
      <h2 id="dialog-title">{title}</h2>
      {children}
    </dialog>
  );
}

function Help({ onClose }: { readonly onClose: () => void }): JSX.Element {
  return (
    <Modal title="Keyboard" onClose={onClose}>
      <dl class="shortcuts">
        {shortcuts.map(([keys, what]) => (
          <div key={keys}>
            <dt>
              {keys.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p class="buttons">
        <button type="button" onClick={onClose}>
          Close
        </button>
      </p>
    </Modal>
  );
}

function SignIn({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const { session, api } = usePage();
  const held = useCell(session.token);
  const [problem, setProblem] = useState<string>();
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const typed = event.currentTarget instanceof HTMLFormElement ? new FormData(event.currentTarget).get('token') : null;
    if (typeof typed !== 'string' || typed.trim() === '') return;
    session.token.set(typed.trim());
    try {
      await api.open('v1/status', { asSignedIn: true });
      onClose();
    } catch (error) {
      session.token.set(undefined);
      setProblem(inWords(error));
    }
  };
  return (
    <Modal title={held === undefined ? 'Sign in' : 'Signed in'} onClose={onClose}>
      {held === undefined ? (
        <form onSubmit={(event) => void submit(event)}>
          <p class="quiet">A token from the sidecar's token file. It is kept until this tab is closed.</p>
          <label>
            Token
            <input name="token" type="password" class="mono" autocomplete="off" required />
          </label>
          {problem !== undefined && (
            <p class="error" role="alert">
              {problem}
            </p>
          )}
          <p class="buttons">
            <button type="submit" class="primary">
              Sign in
            </button>
            <button type="button" onClick={onClose}>
              Cancel
            </button>
          </p>
        </form>
      ) : (
        <p class="buttons">
          <button type="button" class="primary" onClick={() => session.token.set(undefined)}>
            Sign out
          </button>
          <button type="button" onClick={onClose}>
            Close
          </button>
        </p>
      )}
    </Modal>
  );
}
