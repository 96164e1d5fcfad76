/**
 * Results in the order in which they come.
 *
 * @module
 */

/**
 * The values of promises in the order in which they settle, the same in replay:
 * `for await (const value of asCompleted(promises))`. A rejection rejects that step; who iterates by hand may go on.
 */
export function asCompleted<T>(promises: Iterable<Promise<T>>): AsyncIterable<T> {
  const all = [...promises];
  const places = all.map(() => Promise.withResolvers<T>());
  let settled = 0;
  for (const promise of all) {
    promise.then((value) => places[settled++].resolve(value), (error) => places[settled++].reject(error));
  }
  // One that nobody comes to is no fault.
  for (const { promise } of places) promise.catch(() => {});
  return {
    [Symbol.asyncIterator](): AsyncIterator<T> {
      let next = 0;
      return {
        next: () =>
          next < places.length
            ? places[next++].promise.then((value) => ({ value, done: false }))
            : Promise.resolve({ value: undefined, done: true }),
      };
    },
  };
}
