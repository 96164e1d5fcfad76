/**
 * The `anywhen` command: finds the command that the arguments name and runs it.
 *
 * @module
 */
import { FailureError } from "../common/errors.ts";
import { version } from "../common/version.ts";
import type { Command, Terminal } from "./command.ts";
import { describeFlags, UsageError } from "./flags.ts";
import type { WorkflowCommand } from "./workflow.ts";

/** One command; its code is loaded when it is called. */
interface Entry {
  help: string;
  load(): Promise<Command>;
}

/** Every command by the words that name it. */
const COMMANDS: Readonly<Record<string, Entry>> = {
  "server start-dev": {
    help: "starts a Temporal server for development, in memory",
    load: async () => (await import("./start_dev.ts")).startDev,
  },
  "gateway": {
    help: "lets browsers and edge functions reach a server that speaks only gRPC",
    load: async () => (await import("./gateway.ts")).gateway,
  },
  "replay": {
    help: "tells whether workflow code still does what histories say",
    load: async () => (await import("./replay.ts")).replay,
  },
  "workflow start": workflow("start", "starts a workflow"),
  "workflow execute": workflow("execute", "starts a workflow and waits for its result"),
  "workflow signal": workflow("signal", "sends a signal"),
  "workflow query": workflow("query", "asks a query"),
  "workflow update": workflow("update", "sends an update and waits for its result"),
  "workflow result": workflow("result", "waits for the result"),
  "workflow describe": workflow("describe", "tells about a run"),
  "workflow show": workflow("show", "prints the history"),
  "workflow list": workflow("list", "lists workflows"),
  "workflow count": workflow("count", "counts workflows"),
  "workflow cancel": workflow("cancel", "asks a workflow to cancel itself"),
  "workflow terminate": workflow("terminate", "ends a workflow at once"),
};

const HELP: ReadonlySet<string | undefined> = new Set([undefined, "help", "--help", "-h"]);
const VERSION: ReadonlySet<string | undefined> = new Set(["version", "--version", "-v"]);

/**
 * Runs a command line and returns its exit code: 0, 1 for a failure, 2 for a command line that cannot be
 * understood. Errors are one line on standard error.
 */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await runCommand(args, terminal);
    return 0;
  } catch (error) {
    terminal.warn(`error: ${error instanceof Error ? describeError(error) : String(error)}`);
    return error instanceof UsageError ? 2 : 1;
  }
}

function workflow(name: WorkflowCommand, help: string): Entry {
  return { help, load: async () => (await import("./workflow.ts")).workflowCommands[name] };
}

async function runCommand(args: readonly string[], terminal: Terminal): Promise<void> {
  if (VERSION.has(args[0])) return terminal.print(`anywhen ${version}`);
  const path = findPath(args);
  if (path !== undefined) {
    const rest = args.slice(path.split(" ").length);
    const command = await COMMANDS[path].load();
    if (rest.some((word) => word === "--help" || word === "-h")) return printCommand(path, command, terminal);
    return await command.run(rest, terminal, `anywhen ${path}`);
  }
  if (HELP.has(args.find((word) => !isGroup(word)))) return printCommands(args[0], terminal);
  throw new UsageError(`unknown command ${JSON.stringify(args.slice(0, 2).join(" "))}; "anywhen help" lists them all`);
}

function findPath(args: readonly string[]): string | undefined {
  return [args.slice(0, 2).join(" "), args[0] ?? ""].find((path) => Object.hasOwn(COMMANDS, path));
}

function isGroup(word: string): boolean {
  return Object.keys(COMMANDS).some((path) => path.startsWith(`${word} `));
}

function printCommands(group: string | undefined, terminal: Terminal): void {
  terminal.print(`anywhen ${version}: Temporal for Bun, Deno and Node`);
  const paths = Object.keys(COMMANDS).filter((path) => !group || !isGroup(group) || path.startsWith(`${group} `));
  for (const path of paths) terminal.print(`  anywhen ${path.padEnd(20)} ${COMMANDS[path].help}`);
  terminal.print('"--help" after a command lists its flags.');
}

function printCommand(path: string, { flags, operands }: Command, terminal: Terminal): void {
  terminal.print(`anywhen ${path}${operands ? ` ${operands}` : ""}: ${COMMANDS[path].help}`);
  for (const line of describeFlags(flags)) terminal.print(line);
}

/** The message in one line, with the workflow's own failure and the causes of that behind it. */
function describeError(error: Error): string {
  let text = error.message;
  for (let cause = error.cause; cause instanceof FailureError; cause = cause.cause) text += `: ${cause.message}`;
  return text.replaceAll(/\s*\n\s*/g, " ");
}
