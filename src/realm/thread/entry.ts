/**
 * The module that workflow threads run.
 *
 * @module
 */
import { threadScope } from "../../platform/threads.ts";
import { Inside } from "./inside.ts";

new Inside(threadScope());
