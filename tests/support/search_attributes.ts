/** Search attributes of every type, registered with the server under test. */
import type { Client } from "@anywhen/temporal/client";
import { RPCError } from "@anywhen/temporal/common";
import { IndexedValueType } from "../../src/gen/temporal/api/enums/v1/common_pb.ts";

/** Names by type. */
const types = {
  AnywhenText: IndexedValueType.TEXT,
  AnywhenKeyword: IndexedValueType.KEYWORD,
  AnywhenInt: IndexedValueType.INT,
  AnywhenDouble: IndexedValueType.DOUBLE,
  AnywhenBool: IndexedValueType.BOOL,
  AnywhenDatetime: IndexedValueType.DATETIME,
  AnywhenKeywordList: IndexedValueType.KEYWORD_LIST,
};

/** Registers them unless they are. */
export async function registerSearchAttributes({ operatorService, namespace }: Client): Promise<void> {
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = Object.entries(types).filter(([name]) => !(name in customAttributes));
  if (missing.length === 0) return;
  try {
    await operatorService.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(missing) });
  } catch (error) {
    // Another process was faster.
    if (!(error instanceof RPCError && /already exist/i.test(error.message))) throw error;
  }
}
