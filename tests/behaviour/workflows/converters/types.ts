/** A payload converter for values that JSON does not have. */
import { ApplicationError } from "@anywhen/temporal/common";
import {
  CompositePayloadConverter,
  defaultEncodingPayloadConverters,
  JSONPlainPayloadConverter,
  JSONTypeConverter,
  type PayloadConverter,
} from "@anywhen/temporal/converter";

/** A class that JSON gets to know by registration. */
export class Point {
  x: number;
  y: number;
  constructor(x: number, y: number) {
    this.x = x;
    this.y = y;
  }
}

interface Kind {
  is(value: unknown): boolean;
  write(value: never): unknown;
  read(value: never): unknown;
}

const kinds: Record<string, Kind> = {
  $bigint: { is: (value) => typeof value === "bigint", write: String, read: (text: string) => BigInt(text) },
  $date: {
    is: (value) => value instanceof Date,
    write: (date: Date) => date.getTime(),
    read: (time: number) => new Date(time),
  },
  $map: {
    is: (value) => value instanceof Map,
    write: (map: Map<unknown, unknown>) => [...map],
    read: (entries: [unknown, unknown][]) => new Map(entries),
  },
  $set: {
    is: (value) => value instanceof Set,
    write: (set: Set<unknown>) => [...set],
    read: (items: unknown[]) => new Set(items),
  },
  $url: { is: (value) => value instanceof URL, write: String, read: (text: string) => new URL(text) },
  $point: {
    is: (value) => value instanceof Point,
    write: ({ x, y }: Point) => [x, y],
    read: ([x, y]: [number, number]) => new Point(x, y),
  },
};

const types: JSONTypeConverter = {
  toJSONValue(value) {
    const found = Object.entries(kinds).find(([, kind]) => kind.is(value));
    return found ? { [found[0]]: found[1].write(value as never) } : JSONTypeConverter.unhandled;
  },
  toTypedValue(value) {
    if (value === "poison") throw new ApplicationError("poisoned", { type: "Poison" });
    const [key] = typeof value === "object" && value ? Object.keys(value) : [];
    const kind = key === undefined ? undefined : kinds[key];
    return kind ? kind.read((value as Record<string, never>)[key]) : JSONTypeConverter.unhandled;
  },
};

/** How many payloads this copy of the module has made or read. */
export const counts = { conversions: 0 };

const json = new JSONPlainPayloadConverter({ typeConverters: [types] });

export const payloadConverter: PayloadConverter = new CompositePayloadConverter([
  ...defaultEncodingPayloadConverters.filter(({ encoding }) => encoding !== "json/plain"),
  {
    encoding: "json/plain",
    toPayload: (value) => (counts.conversions += 1, json.toPayload(value)),
    fromPayload: (payload, hint) => (counts.conversions += 1, json.fromPayload(payload, hint)),
  },
]);
