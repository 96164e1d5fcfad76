/** A failure converter that marks some failures and breaks at others. */
import { DefaultFailureConverter, type FailureConverter } from "@anywhen/temporal/converter";

class MarkingFailureConverter extends DefaultFailureConverter {
  override toFailure(...[error, ...rest]: Parameters<FailureConverter["toFailure"]>): ReturnType<
    FailureConverter["toFailure"]
  > {
    const { message } = error as Error;
    if (message.startsWith("refuse")) throw new Error("the failure converter is broken");
    const failure = super.toFailure(error, ...rest);
    return message.startsWith("mark") ? { ...failure, message: `${message}, marked` } : failure;
  }

  override fromFailure(...parameters: Parameters<FailureConverter["fromFailure"]>): Error {
    const error = super.fromFailure(...parameters);
    if (error.message.endsWith(", marked")) error.message += " and read";
    return error;
  }
}

export const failureConverter: FailureConverter = new MarkingFailureConverter();
