import { VERSION } from './lib/version.ts';
import type { Readings } from './monitoring/readings.ts';
import { Sampler } from './monitoring/sampler.ts';
import type { Foundation } from './state.ts';
import { MetricsHistory } from './trends/metrics-history.ts';
import { Trends } from './trends/trends.ts';
import { Usage } from './trends/usage.ts';

/** What watches a node and keeps what it sees. */
export interface Watch {
  readonly trends: Trends;
  /** Begins to watch, given where the figures are read. */
  start(readings: Readings): void;
  close(): Promise<void>;
}

/** Builds what keeps the history of a node, and tells that of all. */
export function buildWatch({ main, clock, logger, metrics, nodeName }: Foundation): Watch {
  const { db } = main;
  const onFault = (error: unknown) => logger.warn({ err: error }, 'figures were not stored; they wait');
  const usage = new Usage({ db, clock, onFault });
  let here: Readings | null = null;
  let stop = () => Promise.resolve();
  const minute = () => metrics.minute({ connections: here?.connections() ?? 0, users: here?.hub().users ?? 0 });
  return {
    trends: new Trends({ db, clock, usage, node: nodeName, version: VERSION, minute }),
    start(readings) {
      here = readings;
      const sampler = new Sampler({
        clock,
        readings,
        tally: metrics.tally,
        repairs: () => metrics.repairs,
        onLoopDelay: (delayMs) => metrics.loopDelayed(delayMs),
      });
      const take = () => sampler.take();
      const history = new MetricsHistory({ db, clock, node: nodeName, version: VERSION, take, onFault });
      history.start();
      usage.start();
      stop = async () => {
        await Promise.all([history.close(), usage.close()]);
        sampler.stop();
      };
    },
    close: () => stop(),
  };
}
