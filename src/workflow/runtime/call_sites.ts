/**
 * Where in the user's files a run waits, and where its commands were made. To know costs a stack trace a call, so that
 * only runs that are traced know.
 *
 * @module
 */
import type { Command } from "../activation.ts";
import type { Settler } from "./waiting/settler.ts";

/** A call in the user's files; numbers count from 1. */
export interface Frame {
  /** "" where it has no name. */
  functionName: string;
  filePath: string;
  line: number;
  column: number;
}

/** Reads the stack traces of a bundle. */
export interface FrameReader {
  /** The calls of a stack trace that are in the user's files, the innermost first. */
  readFrames(stack: string): Frame[];
  /** The text of a user's file, as it was bundled. */
  readSource(filePath: string): string | undefined;
}

/** The calls of one run that are not over. */
export class CallSites {
  /** Whether this run is traced. */
  readonly isOn: boolean;
  readonly reader: FrameReader;
  #waits: Set<Error> | undefined;
  #commands: Map<string, Error> | undefined;

  /** Knows nothing unless `isOn`. */
  constructor(reader: FrameReader, isOn: boolean) {
    this.reader = reader;
    this.isOn = isOn;
  }

  /** Notes that the running code waits until the settler is used. */
  watch<T>({ resolve, reject }: Settler<T>): Settler<T> {
    const site = capture();
    const waits = this.#waits ??= new Set();
    waits.add(site);
    return {
      resolve: (value) => {
        waits.delete(site);
        resolve(value);
      },
      reject: (error) => {
        waits.delete(site);
        reject(error);
      },
    };
  }

  /** Notes that the running code has made a command. */
  note(command: Command): void {
    if (!("seq" in command)) return;
    this.#commands ??= new Map();
    this.#commands.set(toKey(command.kind, command.seq), capture());
  }

  /** Where a command was made, as `file:line:column function`. */
  locate(kind: Command["kind"], seq: number): string | undefined {
    const site = this.#commands?.get(toKey(kind, seq));
    const frame = site && this.#read(site)[0];
    if (!frame) return undefined;
    const { filePath, line, column, functionName } = frame;
    return `${filePath}:${line}:${column} ${functionName}`.trimEnd();
  }

  /** Where the code waits, each place once, in the order in which it came there. */
  get stacks(): Frame[][] {
    const stacks = new Map<string, Frame[]>();
    for (const site of this.#waits ?? []) {
      const frames = this.#read(site);
      const key = JSON.stringify(frames);
      if (frames.length > 0 && !stacks.has(key)) stacks.set(key, frames);
    }
    return [...stacks.values()];
  }

  #read(site: Error): Frame[] {
    return this.reader.readFrames(site.stack ?? "");
  }
}

function toKey(kind: string, seq: number): string {
  return `${kind} ${seq}`;
}

/** A stack deep enough to reach the user's code through ours. */
function capture(): Error {
  const type = Error as { stackTraceLimit?: number };
  const limit = type.stackTraceLimit;
  type.stackTraceLimit = 50;
  const site = new Error();
  type.stackTraceLimit = limit;
  return site;
}
