/** For a worker that does not know the other workflows. */
export async function stranger() {}
