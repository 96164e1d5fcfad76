export async function broken(): Promise<void> {}

const missing: { name?: { length: number } } = {};
throw new TypeError(`cannot load: ${missing.name ?? "no name"}`);
