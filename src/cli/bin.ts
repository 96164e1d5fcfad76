#!/usr/bin/env node
/**
 * The executable of the `anywhen` command.
 *
 * @module
 */
import { commandLine, ignoreBrokenPipes, onProcessEvent, setExitCode, writeErrorLine, writeLine } from "../platform.ts";
import { main } from "./main.ts";

ignoreBrokenPipes();
setExitCode(await main(commandLine(), { print: writeLine, warn: writeErrorLine, interrupted: waitForInterrupt }));

function waitForInterrupt(): Promise<void> {
  return new Promise((resolve) => {
    const stops = ["SIGINT", "SIGTERM"].map((signal) =>
      onProcessEvent(signal, () => {
        for (const stop of stops) stop();
        resolve();
      })
    );
  });
}
