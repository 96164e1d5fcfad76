import { nothing } from "./is_not_there.ts";

export async function broken(): Promise<void> {
  await nothing();
}
