/** Converts failures to errors of the realm. @module */
import { DefaultFailureConverter } from "../../converter/failure.ts";

export { DefaultFailureConverter };

/** The default converter. */
export const failureConverter: DefaultFailureConverter = new DefaultFailureConverter();
