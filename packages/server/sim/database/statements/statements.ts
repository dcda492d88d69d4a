import type { Statement } from '../statement.ts';
import { CHANGE_STATEMENTS } from './changes.ts';
import { PRESENCE_STATEMENTS, READING_STATEMENTS, SIGN_IN_STATEMENT } from './reading.ts';
import { RECENT_STATEMENT } from './recent.ts';
import { ROAD_STATEMENTS } from './road.ts';

/** Every statement that the model knows. */
export const STATEMENTS: readonly Statement[] = [
  ...ROAD_STATEMENTS,
  ...READING_STATEMENTS,
  ...CHANGE_STATEMENTS,
  ...PRESENCE_STATEMENTS,
  SIGN_IN_STATEMENT,
  RECENT_STATEMENT,
];
