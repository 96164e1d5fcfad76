/** Holds docs/parity.md against the titles of the tests. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { root } from "./sources.ts";

/** A row of one of the page's tables. */
interface Row {
  id: string;
  /** The last part that counts: where it is tested, or why it is not. */
  where: string;
  /** The files named there. */
  files: string[];
}

const groups = [
  "START",
  "SIGQ",
  "UPD",
  "CANC",
  "DET",
  "PATCH",
  "TIME",
  "CHILD",
  "META",
  "FAIL",
  "EVICT",
  "LOCAL",
  "DATA",
  "SCTX",
  "REPLAY",
];
const scenarioId = new RegExp(`\\b(?:${groups.join("|")})-\\d+\\b`, "g");

const page = readFileSync(join(root, "docs/parity.md"), "utf8");
const scenarios = readRows(/^\| ([A-Z]+-\d+) +\|[^|]*\|([^|]*)\|$/gm);
const traps = readRows(/^\| (\d+) +\|[^|]*\|([^|]*)\|[^|]*\|$/gm);
const titles = readTitles();

function readRows(pattern: RegExp): Row[] {
  return [...page.matchAll(pattern)].map(([, id, where]) => {
    return { id, where: where.trim(), files: findFiles(where) };
  });
}

function findFiles(text: string): string[] {
  return [...text.matchAll(/`([a-z]+\/\w+)`/g)].map(([, name]) => name);
}

/** The texts of each test file, those of its titles among them, by the file's short name. */
function readTitles(): Map<string, string[]> {
  const files = readdirSync(join(root, "tests"), { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".test.ts") && path !== "shape/parity.test.ts");
  return new Map(
    files.map((path) => [path.replace(".test.ts", ""), findTexts(readFileSync(join(root, "tests", path), "utf8"))]),
  );
}

function findTexts(code: string): string[] {
  const lines = code.split("\n").filter((line) => !/^\s*(\/\/|\/?\*)/.test(line));
  return lines.flatMap((line) => [...line.matchAll(/(["'`])(.*?)\1/g)].map(([, , text]) => text));
}

function isSaid(id: string, file: string): boolean {
  return titles.get(file)?.some((text) => new RegExp(`\\b${id}\\b`).test(text)) === true;
}

describe("docs/parity.md", () => {
  test("has every scenario once, in order, under its group", () => {
    const sections = [...page.matchAll(/^### ([A-Z]+): /gm)].map(([, group]) => group);
    assert.deepEqual(sections, groups);
    const order = scenarios.map(({ id }) => {
      const [group, number] = id.split("-");
      return groups.indexOf(group) * 1_000 + Number(number);
    });
    assert.ok(!order.includes(-1));
    assert.deepEqual(order, [...new Set(order)].sort((one, other) => one - other));
    for (const group of groups) {
      const rows = page.slice(page.indexOf(`### ${group}: `)).split("\n###")[0].match(scenarioId);
      assert.ok(rows?.every((id) => id.startsWith(`${group}-`)), group);
    }
  });

  test("names a file in which each scenario is the title of a test, or says why there is none", () => {
    const wrong = scenarios.flatMap(({ id, where, files }) => {
      if (files.length === 0) return /\w{4}/.test(where) ? [] : [`${id} has neither a test nor a reason`];
      return files.filter((file) => !isSaid(id, file)).map((file) => `${id} is not in a title of ${file}`);
    });
    assert.deepEqual(wrong, []);
  });

  test("knows every scenario that is the title of a test", () => {
    const tested = new Set(scenarios.filter(({ files }) => files.length > 0).map(({ id }) => id));
    const unknown = [...titles].flatMap(([file, texts]) => {
      const ids = new Set(texts.flatMap((text) => text.match(scenarioId) ?? []));
      return [...ids].filter((id) => !tested.has(id)).map((id) => `${id} of ${file}`);
    });
    assert.deepEqual(unknown, []);
  });

  test("names for each of the 25 traps the file of its test, of which there is one", () => {
    assert.deepEqual(traps.map(({ id }) => Number(id)), Array.from({ length: 25 }, (_, index) => index + 1));
    const wrong = traps.flatMap(({ id, files }) => {
      const found = [...titles].flatMap(([file, texts]) => {
        return texts.filter((text) => text.includes(`trap ${id}:`)).map(() => file);
      });
      return found.join() === files.join() ? [] : [`trap ${id} is a title in ${found}, not in ${files}`];
    });
    assert.deepEqual(wrong, []);
  });

  test("names files that are there", () => {
    assert.deepEqual(findFiles(page).filter((name) => !titles.has(name)), []);
  });
});
