/**
 * Flags of commands: tables say what there is, one function reads a command line by them.
 *
 * @module
 */
import { nodeModule } from "../platform.ts";

/** One flag. */
export interface Flag {
  /** What it takes; a "list" may be given several times, "boolean" takes nothing. */
  type: "string" | "number" | "boolean" | "list";
  /** A second, one-letter name. */
  short?: string;
  /** The value when it is not given. */
  default?: string | number;
  /** For the help text; a flag of the official CLI that does nothing here says so. */
  help: string;
  /** Accepted for the official CLI's sake. */
  isIdle?: boolean;
}

/** The flags of a command by name. */
export type Flags = Readonly<Record<string, Flag>>;

/** The value of a flag of each type. */
interface FlagValues {
  string: string;
  number: number;
  boolean: boolean;
  list: string[];
}

/** What a command line gave for a table of flags; a list is empty, anything else undefined, when it was not given. */
export type Values<F extends Flags> = {
  [K in keyof F]: F[K]["type"] extends "list" ? string[]
    : F[K] extends { default: string | number } ? FlagValues[F[K]["type"]]
    : FlagValues[F[K]["type"]] | undefined;
};

/** A command line that cannot be understood; ends with exit code 2. */
export class UsageError extends Error {}

interface Token {
  kind: "option" | "positional" | "option-terminator";
  name?: string;
  rawName?: string;
  value?: string;
}

/** Declares a table of flags with the literal types that {@link Values} needs. */
export function defineFlags<const F extends Flags>(flags: F): F {
  return flags;
}

/** Reads `args` by a table; throws UsageError for what the table does not have. `command` is named in errors. */
export function readFlags<F extends Flags>(flags: F, args: readonly string[], command: string): Values<F> {
  const { values, operands } = readArguments(flags, args, command);
  if (operands.length === 0) return values;
  throw new UsageError(`unexpected argument ${JSON.stringify(operands[0])} after "${command}"`);
}

/** As {@link readFlags}, with what is no flag. */
export function readArguments<F extends Flags>(
  flags: F,
  args: readonly string[],
  command: string,
): { values: Values<F>; operands: string[] } {
  const operands: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, { type, default: preset }] of Object.entries(flags)) values[name] = type === "list" ? [] : preset;
  for (const token of tokenize(flags, args)) {
    if (token.kind === "option-terminator") continue;
    if (token.kind === "positional") {
      operands.push(token.value!);
      continue;
    }
    const name = token.name!;
    const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
    if (!flag) throw new UsageError(`unknown flag ${token.rawName} of "${command}"; it has ${listFlags(flags)}`);
    store(values, name, flag, token);
  }
  return { values: values as Values<F>, operands };
}

/** The idle flags among `args`, as they were written. */
export function findIdleFlags(flags: Flags, args: readonly string[]): string[] {
  const names = tokenize(flags, args).filter(({ name }) => name !== undefined && flags[name]?.isIdle);
  return [...new Set(names.map(({ name }) => `--${name}`))];
}

/** Lines that describe flags. */
export function describeFlags(flags: Flags): string[] {
  return Object.entries(flags).map(([name, { type, short, default: preset, help }]) => {
    const left = `--${name}${short ? `, -${short}` : ""}${type === "boolean" ? "" : ` <${type}>`}`;
    return `  ${left.padEnd(36)} ${help}${preset === undefined ? "" : ` (${preset})`}`;
  });
}

function tokenize(flags: Flags, args: readonly string[]): Token[] {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { type, short }]) => [name, {
      type: type === "boolean" ? "boolean" as const : "string" as const,
      multiple: true,
      ...(short ? { short } : {}),
    }]),
  );
  const { parseArgs } = nodeModule("node:util");
  return parseArgs({ args: [...args], options, strict: false, allowPositionals: true, tokens: true }).tokens as Token[];
}

function store(values: Record<string, unknown>, name: string, { type }: Flag, { rawName, value }: Token): void {
  if (type === "boolean") {
    if (value !== undefined && value !== "true" && value !== "false") {
      throw new UsageError(`${rawName} takes no value, not ${JSON.stringify(value)}`);
    }
    values[name] = value !== "false";
    return;
  }
  if (value === undefined) throw new UsageError(`${rawName} needs a value`);
  if (type === "list") (values[name] as string[]).push(value);
  else values[name] = type === "number" ? toNumber(value, rawName!) : value;
}

function toNumber(value: string, rawName: string): number {
  const number = Number(value);
  if (value.trim() !== "" && Number.isInteger(number)) return number;
  throw new UsageError(`${rawName} takes a whole number, not ${JSON.stringify(value)}`);
}

function listFlags(flags: Flags): string {
  return Object.keys(flags).map((name) => `--${name}`).join(", ");
}
