/**
 * Lists that come from the server page by page.
 *
 * @module
 */

/** One page of a list, and where the next one begins; no token: it was the last. */
export interface Page<T> {
  items: T[];
  nextPageToken?: Uint8Array;
}

/** A list read item by item, or page by page with {@link Paged.pages}; nothing is fetched before it is asked for. */
export interface Paged<T> extends AsyncIterable<T> {
  /** The same list as pages, each with the token from which a later list goes on. */
  pages(): AsyncIterable<{ items: T[]; nextPageToken?: Uint8Array }>;
}

/** Where to begin and how much to read. */
export interface PagingOptions {
  /** Items in all; no limit when unset. */
  limit?: number;
  nextPageToken?: Uint8Array;
}

/** Fetches the page at a token, of which at most `most` items are of use. */
export type FetchPage<T> = (token: Uint8Array | undefined, most: number) => Promise<Page<T>>;

/** A list over `fetchPage`, which is called anew for each page with the last page's token. */
export function createPaged<T>(
  fetchPage: FetchPage<T>,
  options: PagingOptions = {},
): Paged<T> {
  return {
    pages: () => readPages(fetchPage, options),
    [Symbol.asyncIterator]: () => readItems(fetchPage, options),
  };
}

async function* readPages<T>(
  fetchPage: FetchPage<T>,
  options: PagingOptions,
): AsyncGenerator<Page<T>, void, undefined> {
  let left = options.limit ?? Infinity;
  let token = options.nextPageToken;
  while (left > 0) {
    const page = await fetchPage(token, left);
    if (page.items.length > left) page.items.length = left;
    left -= page.items.length;
    yield page;
    if (!page.nextPageToken) return;
    token = page.nextPageToken;
  }
}

async function* readItems<T>(
  fetchPage: FetchPage<T>,
  options: PagingOptions,
): AsyncGenerator<T, void, undefined> {
  for await (const page of readPages(fetchPage, options)) yield* page.items;
}

/**
 * Maps items to results with at most `concurrency` at work at once, in the order of the items.
 *
 * The source is not read further than that, and not waited for while a result is ready; a failure surfaces at its
 * item's turn and ends the reading, and so does a consumer that stops.
 */
export async function* mapOrdered<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  concurrency: number,
  map: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const source = iterate(items);
  const window: Promise<R>[] = [];
  let next: Promise<Read<T>> | undefined;
  let isOver = false;
  try {
    while (!isOver || window.length > 0) {
      if (!isOver && window.length < concurrency) next ??= read(source);
      const item = next && await Promise.race(window.length > 0 ? [next, window[0].then(() => undefined)] : [next]);
      if (!item) {
        yield await window.shift()!;
        continue;
      }
      next = undefined;
      isOver = item.done;
      if (!item.done) window.push(quiet(map(item.value)));
      else if (item.failure) window.push(item.failure);
    }
  } finally {
    const closing = quiet(source.return());
    if (!next) await closing; // else the source has an item on the way, which may take for ever
  }
}

/** What a source gave: an item, or its end, which may be a failure. */
type Read<T> = { done: false; value: T } | { done: true; failure?: Promise<never> };

async function read<T>(source: AsyncGenerator<T, void, undefined>): Promise<Read<T>> {
  try {
    const { done, value } = await source.next();
    return done ? { done: true } : { done: false, value };
  } catch (error) {
    return { done: true, failure: quiet(Promise.reject(error)) };
  }
}

async function* iterate<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  yield* items;
}

/** A rejection is reported at its turn. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
