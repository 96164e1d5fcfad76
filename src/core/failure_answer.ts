/**
 * The answer to a task that fails the workflow, whatever its code has decided.
 *
 * @module
 */
import { create } from "@bufbuild/protobuf";
import type { Failure } from "../common/failure.ts";
import { type Command, CommandSchema } from "../gen/temporal/api/command/v1/message_pb.ts";
import { CommandType } from "../gen/temporal/api/enums/v1/command_type_pb.ts";
import type { TaskAnswer } from "./run.ts";

/** Makes the answer; the run that gives it is not to be used any more. */
export function createFailureAnswer(failure: Failure): TaskAnswer {
  const attributes = { case: "failWorkflowExecutionCommandAttributes", value: { failure } } as Command["attributes"];
  return {
    commands: [create(CommandSchema, { commandType: CommandType.FAIL_WORKFLOW_EXECUTION, attributes })],
    messages: [],
    queryResults: {},
    usedCoreFlags: [],
    usedLangFlags: [],
  };
}
