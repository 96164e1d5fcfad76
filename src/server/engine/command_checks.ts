/**
 * Whether a worker's commands are allowed. Everything is checked before anything is applied, since
 * one bad command fails the whole task.
 *
 * @module
 */

import {
  checkCancelActivity,
  checkCancelTimer,
  checkMarker,
  checkScheduleActivity,
  checkStartTimer,
} from "./activity_checks.ts";
import type { AttributesOf, CheckScope, CommandCase, CommandFault } from "./check_scope.ts";
import { checkClose, checkComplete, checkContinueAsNew, checkFail, checkModify, checkUpsert } from "./close_checks.ts";
import { checkCancelExternal, checkSignalExternal, checkStartChild } from "./external_checks.ts";

type Check<C extends CommandCase> = (scope: CheckScope, attributes: AttributesOf<C>) => CommandFault | undefined;

/** How each command is checked; defaults are filled in on the way. */
export const COMMAND_CHECKS: { [C in CommandCase]?: Check<C> } = {
  scheduleActivityTaskCommandAttributes: checkScheduleActivity,
  requestCancelActivityTaskCommandAttributes: checkCancelActivity,
  startTimerCommandAttributes: checkStartTimer,
  cancelTimerCommandAttributes: checkCancelTimer,
  recordMarkerCommandAttributes: checkMarker,
  completeWorkflowExecutionCommandAttributes: checkComplete,
  failWorkflowExecutionCommandAttributes: checkFail,
  cancelWorkflowExecutionCommandAttributes: (scope) => checkClose(scope),
  continueAsNewWorkflowExecutionCommandAttributes: checkContinueAsNew,
  upsertWorkflowSearchAttributesCommandAttributes: checkUpsert,
  modifyWorkflowPropertiesCommandAttributes: checkModify,
  startChildWorkflowExecutionCommandAttributes: checkStartChild,
  signalExternalWorkflowExecutionCommandAttributes: checkSignalExternal,
  requestCancelExternalWorkflowExecutionCommandAttributes: checkCancelExternal,
};
