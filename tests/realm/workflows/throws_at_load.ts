throw new Error("at load");

export async function broken(): Promise<void> {}
