/**
 * What a command is, and what it is given to run with.
 *
 * @module
 */
import { type Flags, readArguments, readFlags, type Values } from "./flags.ts";

/** The world a command runs in. */
export interface Terminal {
  /** Writes one line to standard output. */
  print(line: string): void;
  /** Writes one line to standard error. */
  warn(line: string): void;
  /** Resolves at Ctrl-C or SIGTERM. */
  interrupted(): Promise<void>;
}

/** One command. */
export interface Command {
  /** What it accepts. */
  flags: Flags;
  /** What else it takes, for the help text. */
  operands?: string;
  /** Does it; `path` is how it was called, for errors. Throws UsageError for arguments it does not understand. */
  run(args: readonly string[], terminal: Terminal, path: string): Promise<void>;
}

/** A command from a table of flags and a function of their values. */
export function defineCommand<F extends Flags>(
  flags: F,
  run: (values: Values<F>, terminal: Terminal, args: readonly string[]) => Promise<void>,
): Command {
  return { flags, run: (args, terminal, path) => run(readFlags(flags, args, path), terminal, args) };
}

/** A command that takes more than flags; `operands` says what, for the help text. */
export function defineOperandCommand<F extends Flags>(
  operands: string,
  flags: F,
  run: (values: Values<F>, operands: readonly string[], terminal: Terminal) => Promise<void>,
): Command {
  return {
    flags,
    operands,
    run: (args, terminal, path) => {
      const read = readArguments(flags, args, path);
      return run(read.values, read.operands, terminal);
    },
  };
}
