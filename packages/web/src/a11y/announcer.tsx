import { useEffect, useState } from 'react';

type Listener = (text: string, isUrgent: boolean) => void;

const listeners = new Set<Listener>();
/** A text said before the last one was taken in would swallow it; what waits longer than the queue holds is old news. */
const SPEAKING_MS = 700;
const MAX_WAITING = 4;

/** Says something to those who do not see the screen. `isUrgent` interrupts what is being said. */
export function announce(text: string, { isUrgent = false } = {}): void {
  for (const listener of listeners) listener(text, isUrgent);
}

/** The live regions that `announce` speaks through. One for the whole app, there from the start: regions that come with their text stay silent. */
export function Announcer() {
  const [said, setSaid] = useState({ text: '', isUrgent: false });
  useEffect(() => {
    const waiting: { text: string; isUrgent: boolean }[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const next = () => {
      const item = waiting.shift();
      // Emptied between two texts, so that the same text twice is heard twice.
      setSaid(item ?? { text: '', isUrgent: false });
      timer = item === undefined ? undefined : setTimeout(next, SPEAKING_MS);
    };
    const hear: Listener = (text, isUrgent) => {
      if (isUrgent) waiting.length = 0;
      waiting.push({ text, isUrgent });
      waiting.splice(0, waiting.length - MAX_WAITING);
      if (timer === undefined || isUrgent) {
        clearTimeout(timer);
        next();
      }
    };
    listeners.add(hear);
    return () => {
      listeners.delete(hear);
      clearTimeout(timer);
    };
  }, []);
  return (
    <>
      <div className="hidden-text" aria-live="polite" data-region="polite">
        {said.isUrgent ? '' : said.text}
      </div>
      <div className="hidden-text" aria-live="assertive" data-region="assertive">
        {said.isUrgent ? said.text : ''}
      </div>
    </>
  );
}
