/**
 * A program that leaves its connection open.
 *
 * @module
 */
import { openConnection } from "../../src/transport/connection.ts";
import { call } from "./calls.ts";

const { transport } = openConnection({ address: process.argv[2], keepAliveConfig: { interval: 100 } });
void call(transport, { text: "held", hang: true, key: "held", timeout: 0 }).then((text) => console.log(text));
