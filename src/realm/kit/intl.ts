/** `Intl` whose `DateTimeFormat` takes workflow time for now. @module */
import type { KitHost } from "./host.ts";

type Format = (date?: unknown) => unknown;

/** The globals of this part. */
export function create(host: KitHost): { Intl: typeof Intl } {
  const { prototype } = Intl.DateTimeFormat;
  const format = Object.getOwnPropertyDescriptor(prototype, "format")!.get!;
  const formatToParts = prototype.formatToParts as Format;
  Object.defineProperties(prototype, {
    format: {
      get(): Format {
        const bound = format.call(this) as Format;
        return (date = host.now()) => bound(date);
      },
    },
    formatToParts: {
      value(this: Intl.DateTimeFormat, date: unknown = host.now()) {
        return formatToParts.call(this, date);
      },
    },
  });
  return { Intl };
}
