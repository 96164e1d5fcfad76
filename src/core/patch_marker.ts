/**
 * Markers of patches as histories have them.
 *
 * @module
 */
import type { HistoryEvent, MarkerRecordedEventAttributes } from "../gen/temporal/api/history/v1/message_pb.ts";

/** The name of these markers. */
export const patchMarkerName = "core_patch";

/** The detail that names the patch. */
export const patchDetailsKey = "patch-data";

const decoder = new TextDecoder();

/** What a marker says of its patch. */
export interface PatchMarker {
  id: string;
  deprecated: boolean;
}

/** The patch that a marker event records; undefined for other events. */
export function readPatchMarker({ attributes }: HistoryEvent): PatchMarker | undefined {
  return attributes.case === "markerRecordedEventAttributes" ? readPatchDetails(attributes.value) : undefined;
}

/** The patch that a marker records; undefined for other markers. */
export function readPatchDetails({ markerName, details }: MarkerRecordedEventAttributes): PatchMarker | undefined {
  if (markerName !== patchMarkerName) return undefined;
  const payload = details[patchDetailsKey]?.payloads[0];
  if (payload) return parse(payload.data);
  // How markers were written at first.
  const id = details["patch_id"]?.payloads[0];
  const flag = details["deprecated"]?.payloads[0];
  return id && flag && { id: decoder.decode(id.data), deprecated: Boolean(flag.data[0]) };
}

function parse(data: Uint8Array): PatchMarker | undefined {
  try {
    const { id, deprecated } = JSON.parse(decoder.decode(data)) as { id?: unknown; deprecated?: unknown };
    return typeof id === "string" ? { id, deprecated: deprecated === true } : undefined;
  } catch {
    return undefined;
  }
}
