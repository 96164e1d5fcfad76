/**
 * The queries of one task: asked after all else, in an activation of their own.
 *
 * @module
 */
import { create } from "@bufbuild/protobuf";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { QueryResultType } from "../gen/temporal/api/enums/v1/query_pb.ts";
import {
  type WorkflowQuery,
  type WorkflowQueryResult,
  WorkflowQueryResultSchema,
} from "../gen/temporal/api/query/v1/message_pb.ts";
import type { Job } from "../workflow/activation.ts";
import { toResult } from "./command_attributes.ts";
import { HistoryError } from "./errors.ts";
import type { QueryCommand } from "./perform.ts";

/** The id under which the code knows a query that came as a task of its own; the server's ids differ. */
const soleQuery = "legacy_query";

/** The queries of a task and their answers. */
export class Queries {
  readonly #results: Map<string, WorkflowQueryResult> = new Map();
  readonly #ids: string[];
  #waiting: Job[];
  readonly isSole: boolean;

  /** Takes the queries of a task: those that ride on it, or the one that it was made for. */
  constructor(queries: Record<string, WorkflowQuery>, query: WorkflowQuery | undefined) {
    const entries = Object.entries(queries);
    if (query && entries.length > 0) throw new HistoryError("the task has queries of both kinds; it may have one");
    if (query) entries.push([soleQuery, query]);
    this.isSole = query !== undefined;
    this.#ids = entries.map(([id]) => id);
    this.#waiting = entries.map(([id, { queryType, queryArgs, header }]) => ({
      kind: "queryWorkflow",
      id,
      name: queryType,
      args: queryArgs?.payloads ?? [],
      headers: header?.fields ?? {},
    }));
  }

  /** The jobs that ask, once. */
  take(): Job[] {
    const jobs = this.#waiting;
    this.#waiting = [];
    return jobs;
  }

  /** Notes an answer of the code. */
  answer(command: QueryCommand): void {
    const result = command.kind === "queryAnswered"
      ? create(WorkflowQueryResultSchema, { resultType: QueryResultType.ANSWERED, answer: toResult(command.result) })
      : create(WorkflowQueryResultSchema, {
        resultType: QueryResultType.FAILED,
        errorMessage: command.failure.message,
        failure: command.failure as MessageInitShape<typeof WorkflowQueryResultSchema>["failure"],
      });
    this.#results.set(command.id, result);
  }

  /** Answers all queries still open with an error and asks none of them. */
  fail(errorMessage: string): void {
    this.#waiting = [];
    for (const id of this.#ids) {
      if (this.#results.has(id)) continue;
      this.#results.set(id, create(WorkflowQueryResultSchema, { resultType: QueryResultType.FAILED, errorMessage }));
    }
  }

  /** Whether any was answered. */
  get hasResults(): boolean {
    return this.#results.size > 0;
  }

  /** The answers to the queries that ride on the task, by the server's ids. */
  get results(): Record<string, WorkflowQueryResult> {
    return this.isSole ? {} : Object.fromEntries(this.#results);
  }

  /** The answer to the query that the task was made for. */
  get soleResult(): WorkflowQueryResult | undefined {
    return this.isSole ? this.#results.get(soleQuery) : undefined;
  }
}
