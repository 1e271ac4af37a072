import { FEATURE, PAGES_2K, PAGES_8K, small, testFaults } from "./fault_matrix.ts";

testFaults("asked early, supply voltage told", {
  chip: small("stm32f405", [PAGES_8K, FEATURE]),
  options: { voltage: "2.7-3.6" },
}, "errVENDOR");

testFaults("asked early, bytes kept, stays in the boot loader", {
  chip: small("stm32g474", [PAGES_2K]),
  options: { preserve: true, leave: false },
}, "errUNKNOWN");
