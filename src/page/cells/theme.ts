import { type Cell, cell } from './cell.js';

/** `auto` is what the system says. */
export type Theme = 'auto' | 'light' | 'dark';

const order: readonly Theme[] = ['auto', 'light', 'dark'];

export const nextTheme = (theme: Theme): Theme => order[(order.indexOf(theme) + 1) % order.length] ?? 'auto';

/** The theme, kept for the next visit. */
export function createTheme(root: HTMLElement, storage: Storage | undefined): Cell<Theme> {
  const kept = storage?.getItem('calumma-theme');
  const theme = cell<Theme>(kept === 'light' || kept === 'dark' ? kept : 'auto');
  const show = (): void => {
    root.dataset.theme = theme.get();
    storage?.setItem('calumma-theme', theme.get());
  };
  theme.subscribe(show);
  show();
  return theme;
}
