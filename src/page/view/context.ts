import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

import type { Page } from '../page.js';

export const PageContext = createContext<Page | undefined>(undefined);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error('usePage: expected to be called below PageContext');
  return page;
}
