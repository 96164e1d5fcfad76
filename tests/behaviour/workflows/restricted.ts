import { readFileSync } from "node:fs";

/** Each breaks a rule of workflow code in its own way. */
export async function fetches(): Promise<number> {
  const response = await fetch("http://127.0.0.1:1/");
  return response.status;
}

// deno-lint-ignore require-await
export async function readsFile(): Promise<string> {
  return readFileSync("/etc/hostname", "utf8");
}

// deno-lint-ignore require-await
export async function readsEnvironment(): Promise<string | undefined> {
  return process.env.HOME;
}
