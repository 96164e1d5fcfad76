/**
 * Places in a bundle as places in the user's files.
 *
 * @module
 */
import { findNodeModule } from "../platform.ts";
import type { Frame, FrameReader } from "../workflow/runtime/call_sites.ts";
import { kitMark, type WorkflowBundle } from "./bundle.ts";
import { namespace } from "./sources.ts";

/** The name of bundled scripts in stack traces. */
export const scriptName = "anywhen-workflows.js";

const framePattern = /(?:file:\/\/)?(?:[^\s()@]*\/)?anywhen-workflows\.js:(\d+):(\d+)/g;

const callPattern =
  /^\s*(?:at )?(?:async )?(?:(\S.*?) ?[(@])?(?:file:\/\/)?(?:[^\s()@]*\/)?anywhen-workflows\.js:(\d+):(\d+)\)?$/;

interface SourceMapJSON {
  sources?: string[];
  sourcesContent?: (string | null)[];
}

interface Origin {
  originalSource?: string;
  originalLine?: number;
  originalColumn?: number;
}

/** A place in a file; numbers count from 1. */
export interface Place {
  source: string;
  line: number;
  column: number;
}

/** Reads the source map of a bundle, when first asked. */
export class SourceMapReader implements FrameReader {
  readonly #bundle: WorkflowBundle;
  readonly #kitLine: number;
  #map: { findEntry(line: number, column: number): Origin | object } | undefined;

  /** A bundle without a source map leaves places as they are. */
  constructor(bundle: WorkflowBundle) {
    this.#bundle = bundle;
    const end = bundle.code.indexOf(kitMark);
    this.#kitLine = end < 0 ? Infinity : bundle.code.slice(0, end).split("\n").length;
  }

  /** A stack trace with the places of the user's files, without what called the user's code. */
  mapStack(stack: string): string {
    if (!stack.includes(scriptName)) return stack;
    const lines = stack.split("\n");
    const caller = lines.findIndex((line) => line.includes(`${scriptName}:1:`));
    return lines.slice(0, caller < 0 ? lines.length : caller).join("\n").replace(framePattern, (text, line, column) => {
      const place = this.#find(Number(line), Number(column));
      return place ? format(place) : text;
    });
  }

  /** The first place of a stack trace that is in the user's code, as `file:line:column`. */
  locate(stack: string): string | undefined {
    for (const [, line, column] of stack.matchAll(framePattern)) {
      const place = this.#find(Number(line), Number(column));
      if (place && !place.source.startsWith(`${namespace}:`)) return format(place);
    }
    return undefined;
  }

  /** The calls of a stack trace that are in the user's files, the innermost first. */
  readFrames(stack: string): Frame[] {
    const frames: Frame[] = [];
    for (const text of stack.split("\n")) {
      const call = callPattern.exec(text);
      const place = call && this.#find(Number(call[2]), Number(call[3]));
      if (!place || place.source.startsWith(`${namespace}:`)) continue;
      const { source: filePath, line, column } = place;
      frames.push({ functionName: call[1] ?? "", filePath, line, column });
    }
    return frames;
  }

  /** The text of a user's file, as it was bundled. */
  readSource(filePath: string): string | undefined {
    const { sources, sourcesContent } = JSON.parse(this.#bundle.sourceMap ?? "{}") as SourceMapJSON;
    return sourcesContent?.[sources?.indexOf(filePath) ?? -1] ?? undefined;
  }

  #find(line: number, column: number): Place | undefined {
    if (line >= this.#kitLine) return undefined;
    this.#map ??= this.#read();
    const origin = this.#map.findEntry(line - 1, column - 1) as Origin;
    if (!origin.originalSource || origin.originalLine === undefined) return undefined;
    return { source: origin.originalSource, line: origin.originalLine + 1, column: (origin.originalColumn ?? 0) + 1 };
  }

  #read(): { findEntry(line: number, column: number): Origin | object } {
    const { SourceMap } = findNodeModule("node:module") ?? {};
    const { sourceMap } = this.#bundle;
    return SourceMap && sourceMap ? new SourceMap(JSON.parse(sourceMap)) : { findEntry: () => ({}) };
  }
}

function format({ source, line, column }: Place): string {
  return `${source}:${line}:${column}`;
}
