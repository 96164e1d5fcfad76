/** A service with just enough behind it to test the doors of the server. */
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from "@connectrpc/connect";
import { WorkflowService } from "../../src/gen/temporal/api/workflowservice/v1/service_pb.ts";

/** What the stub saw. */
export interface Stub {
  routes: (router: ConnectRouter) => void;
  /** Contexts of the calls to describeNamespace, newest last. */
  contexts: HandlerContext[];
  /** Resolves with the number of polls that were let go of, each time one is. */
  polls: { open: number; ended: number };
}

/** GetSystemInfo answers, DescribeNamespace fails as its namespace says, PollWorkflowTaskQueue waits for its signal. */
export function createStub(): Stub {
  const contexts: HandlerContext[] = [];
  const polls = { open: 0, ended: 0 };
  const routes = (router: ConnectRouter): void => {
    router.service(WorkflowService, {
      getSystemInfo: () => ({ serverVersion: "stub" }),
      describeNamespace(request, context) {
        contexts.push(context);
        if (request.namespace === "missing") throw new ConnectError("namespace ünknown", Code.NotFound);
        if (request.namespace === "broken") throw new Error("secret");
        if (request.namespace === "headers") {
          context.responseHeader.set("x-stub", "header");
          context.responseTrailer.set("x-stub-trailer", "trailer");
        }
        return { namespaceInfo: { name: request.namespace } };
      },
      async pollWorkflowTaskQueue(_request, context) {
        polls.open++;
        await new Promise<void>((resolve) => {
          if (context.signal.aborted) resolve();
          context.signal.addEventListener("abort", () => resolve());
        });
        polls.open--;
        polls.ended++;
        if (context.signal.reason instanceof ConnectError) throw context.signal.reason;
        return {};
      },
    });
  };
  return { routes, contexts, polls };
}

/** Resolves once `condition` holds; rejects after five seconds with `what`. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`timed out waiting until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
