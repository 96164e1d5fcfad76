/** The folder that keeps what tests and scripts download. */
export function cacheFolder(): string;

/** The path of the official `temporal` command; installs it when it is missing. */
export function installServer(): string;

/** Starts the official dev server and waits until it serves. */
export function startServer(options?: {
  port?: number;
  uiPort?: number | string;
  args?: string[];
  output?: "ignore" | "inherit";
}): Promise<{ address: string; pid: number; exited: Promise<number>; stop(): Promise<void> }>;
