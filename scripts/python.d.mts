/** The path of a Python that has the official SDK; makes its virtual environment when it is missing. */
export function installPython(): string;
