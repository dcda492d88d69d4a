import '@fontsource-variable/figtree/wght.css';
import './styles/tokens.css';
import './styles/base.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { afterStart } from './chat/after-start.ts';
import { preloadViews } from './features/later/later.tsx';
import { startLanguage } from './i18n/language.ts';
import { registerWorker } from './lib/register-worker.ts';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
// Nothing is drawn in a language that would change a moment later.
await startLanguage();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
afterStart(() => {
  preloadViews();
  registerWorker();
});
