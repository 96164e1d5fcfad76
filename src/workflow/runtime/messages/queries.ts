/**
 * Queries: answered at once by code that may only read.
 *
 * @module
 */
import { ValueError } from "../../../common/errors.ts";
import type { Payload } from "../../../common/payload.ts";
import type { Job } from "../../activation.ts";
import type { CommandList } from "../commands.ts";
import type { Ending } from "../program/ending.ts";
import type { RunState } from "../state.ts";
import { isPromise, type Values } from "../values.ts";
import type { Scopes } from "../waiting/scopes.ts";
import { type Handlers, readArguments } from "./handlers.ts";
import { toolQueries, type ToolQuery, type ToolQuerySources } from "./tool_queries.ts";

type QueryJob = Extract<Job, { kind: "queryWorkflow" }>;

/** The queries of a run. */
export class Queries {
  readonly #state: RunState;
  readonly #scopes: Scopes;
  readonly #commands: CommandList;
  readonly #handlers: Handlers;
  readonly #values: Values;
  readonly #ending: Ending;
  readonly #tools: ToolQuerySources;

  /** Answers with the handlers that are set when a query comes. */
  constructor(
    state: RunState,
    scopes: Scopes,
    commands: CommandList,
    handlers: Handlers,
    values: Values,
    ending: Ending,
    tools: ToolQuerySources,
  ) {
    this.#state = state;
    this.#scopes = scopes;
    this.#commands = commands;
    this.#handlers = handlers;
    this.#values = values;
    this.#ending = ending;
    this.#tools = tools;
  }

  /** Answers a query. */
  answer(job: QueryJob): void {
    const { id } = job;
    try {
      const result = this.#scopes.run(() => this.#state.runReadOnly("query", () => this.#call(job)));
      this.#commands.push({ kind: "queryAnswered", id, result });
    } catch (error) {
      this.#commands.push({ kind: "queryFailed", id, failure: this.#ending.describe(error) });
    }
  }

  #call(job: QueryJob): Payload {
    const { name } = job;
    const tool = toolQueries.get(name);
    if (tool) return this.#callTool(tool);
    const handler = this.#handlers.find("query", name);
    if (!handler) {
      const names = [...this.#handlers.names("query"), ...toolQueries.keys()].sort().join(", ");
      throw new ValueError(`no handler for query "${name}"; known queries: [${names}]`);
    }
    const { fn, self } = handler.entry;
    const args = readArguments(this.#values, handler, job, "query");
    const value: unknown = Reflect.apply(fn, self, args);
    if (isPromise(value)) {
      value.then(undefined, () => {});
      throw new ValueError(`query "${name}" returned a promise; make its handler synchronous`);
    }
    return this.#values.encode([value])[0];
  }

  /** The answer is made of objects of the realm: the user's converter may ask for their classes. */
  #callTool(tool: ToolQuery): Payload {
    const text = JSON.stringify(tool.answer(this.#tools));
    return this.#values.encode([this.#state.realm.intrinsics.JSON.parse(text)])[0];
  }
}
