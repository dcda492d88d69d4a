import type { Bus, BusPayload, Topic } from './bus.ts';

/** The bus of a node that is alone: a payload arrives within the call, if anybody here listens. */
export class MemoryBus implements Bus {
  onPayload: (payload: BusPayload) => void = () => {};
  onLoss: () => void = () => {};
  readonly #topics = new Set<Topic>(['nodes']);

  publish(topic: Topic, payload: BusPayload): void {
    if (this.#topics.has(topic)) this.onPayload(payload);
  }

  subscribe(topic: Topic): void {
    this.#topics.add(topic);
  }

  unsubscribe(topic: Topic): void {
    this.#topics.delete(topic);
  }

  whenListening(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#topics.clear();
    return Promise.resolve();
  }
}
