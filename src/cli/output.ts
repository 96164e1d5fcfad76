/**
 * How commands print what they found.
 *
 * @module
 */
import type { Terminal } from "./command.ts";

/** Values as JSON; whole numbers beyond 2^53 as strings, no value as null. */
export function toJsonText(value: unknown): string {
  const replace = (_key: string, part: unknown): unknown => typeof part === "bigint" ? String(part) : part;
  return JSON.stringify(value, replace, 2) ?? "null";
}

/** One line a value, names aligned; what is undefined is left out. */
export function printFields(terminal: Terminal, values: Record<string, unknown>): void {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  const width = Math.max(...entries.map(([name]) => name.length));
  for (const [name, value] of entries) terminal.print(`${name.padEnd(width)}  ${formatCell(value)}`);
}

/** Aligned columns under the names of the first row's values. */
export function printTable(terminal: Terminal, rows: Record<string, unknown>[]): void {
  if (rows.length === 0) return;
  const names = Object.keys(rows[0]);
  const cells = [names, ...rows.map((row) => names.map((name) => formatCell(row[name])))];
  const widths = names.map((_, column) => Math.max(...cells.map((line) => line[column].length)));
  for (const line of cells) {
    terminal.print(line.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd());
  }
}

function formatCell(value: unknown): string {
  if (value === undefined || value === null) return "";
  return value instanceof Date ? value.toISOString() : String(value);
}
