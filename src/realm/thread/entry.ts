/**
 * The module that workflow threads run.
 *
 * @module
 */
import { threadScope } from "../../platform.ts";
import { Inside } from "./inside.ts";

new Inside(threadScope());
