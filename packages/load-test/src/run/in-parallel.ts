/** Requests under way at once: enough to hide the way there and back, and no load test by itself. */
const PARALLEL = 8;

/** Does the same with every item, some at a time; results in the order of the items. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
  onProgress: (done: number) => void = () => {},
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  let done = 0;
  const run = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      results[index] = await work(items[index] as Item, index);
      done += 1;
      onProgress(done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, run));
  return results;
}
