import { PAGES_2K, small, testFaults } from "./fault_matrix.ts";

testFaults("stalls early requests, and others at random", {
  chip: small("stm32l432", [PAGES_2K]),
}, "errPROG");

testFaults("says that it is busy, mass erase", {
  chip: small("gd32vf103", [PAGES_2K]),
  simulated: { whileBusy: "repeat" },
  options: { erase: "all" },
}, "errSTALLEDPKT");
