/** Workflows with protobuf messages. */
import { create } from "@bufbuild/protobuf";
import { type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";
import * as workflow from "@anywhen/temporal/workflow";

export async function doubles(duration: Duration): Promise<Duration> {
  const { seconds, nanos } = await workflow.executeActivity("echo", {
    args: [duration],
    startToCloseTimeout: "10s",
  }) as Duration;
  return create(DurationSchema, { seconds: seconds * 2n, nanos: nanos * 2 });
}
