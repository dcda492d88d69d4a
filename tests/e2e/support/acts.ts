import type { Page } from 'playwright-core';

/** Something that is done on a page. */
export type Act = (page: Page) => Promise<unknown>;

export const press =
  (key: string): Act =>
  (page) =>
    page.keyboard.press(key);
