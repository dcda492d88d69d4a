/** How many of the first values there is room for; the first one always has room. */
export function countWithin<Value>(values: readonly Value[], room: number, sizeOf: (value: Value) => number): number {
  let taken = 0;
  const end = values.findIndex((value, index) => {
    taken += sizeOf(value);
    return index > 0 && taken > room;
  });
  return end < 0 ? values.length : end;
}
