import { createElement, Fragment, type ReactNode } from 'react';
import { useStore } from '../lib/use-store.ts';
import type { MessageKey, Values } from './catalogue.ts';
import { type Words, words } from './language.ts';

/** The texts and formats of the language in use. */
export function useWords(): Words {
  return useStore(words);
}

/** A text with elements in its slots. */
export function rich<Key extends MessageKey>({ parts }: Words, key: Key, ...values: Values<Key, ReactNode>): ReactNode {
  const children = parts<Key, ReactNode>(key, ...values);
  return createElement(Fragment, null, ...children);
}
