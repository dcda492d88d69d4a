import { runClient } from './chat/run-client.ts';
import { followOtherTabs } from './chat/session.ts';

// The smallest part runs first: while the app is still being read, the server already answers.
followOtherTabs();
runClient();
