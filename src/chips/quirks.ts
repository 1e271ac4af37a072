import type { Quirk } from "./chip.ts";

/** What a quirk means, and who says so. */
export interface QuirkMeaning {
  /** A sentence for people. */
  readonly meaning: string;
  readonly source: string;
}

/** Every quirk's meaning, told once: the commands show it, the session honours it, the simulator plays it. */
export const QUIRKS: Readonly<Record<Quirk, QuirkMeaning>> = {
  "blind-clrstatus-breaks": {
    meaning: "A CLRSTATUS sent without need, at the start, makes later requests fail",
    source: "dfu-libusb issue 4",
  },
  "clrstatus-only-in-error": {
    meaning: "CLRSTATUS stalls outside dfuERROR; ABORT leaves the other states",
    source: "betaflight-configurator pull request 5300",
  },
  "corrupts-uneven-long-blocks": {
    meaning: "A block beyond 256 bytes whose length is no multiple of 8 is written corrupted",
    source: "AN2606, limitations of loaders V10 of the STM32L4 and of the STM32L43x",
  },
  "descriptor-request-unanswered": {
    meaning:
      "The functional descriptor comes only inside the configuration descriptor: a request " +
      "for it alone is never answered",
    source: "betaflight-configurator pull request 5300",
  },
  "early-poll-stalls": {
    meaning: "GETSTATUS before bwPollTimeout has passed stalls instead of waiting",
    source: "Reports on STM32L4 loaders",
  },
  "equal-serials": {
    meaning: "Serial numbers may be the same on every board: the USB port tells boards apart",
    source: "Lists of attached boards, such as STM32FxSTM32, 200364500000, FFFFFFFEFFFF and AT32",
  },
  "erase-never-reports-done-above-0x08100000": {
    meaning: "An erase at or above 0x08100000 stays dfuDNBUSY when done; after the longest erase " +
      "time, CLRSTATUS twice (14/10, then 0/2) goes on, and a flash command before it hangs the part",
    source: "betaflight-configurator pull requests 1861 and 5348; ST community, STM32H743 rev. V",
  },
  "layout-lies": {
    meaning: "The interface strings do not tell the real memory: the table's layout is used",
    source: "AN2606 (STM32H7A3/7B3); dfu-util (GD32VF103); lists of attached boards (STM32G0B1)",
  },
  "leave-unanswered": {
    meaning: "The device is gone before the GETSTATUS that follows a leave",
    source: "dfu-util, quirks of GD32 loaders",
  },
  "mass-erase-underreports": {
    meaning: "A mass erase reports 100 ms and takes up to 32 s",
    source: "Reports on STM32F405 boards; datasheet DS8626 for the real time",
  },
  "misaligned-write-poisons": {
    meaning: "A write whose address or length is not aligned fails, and so does every later one",
    source: "AN2606, write alignment of the boot loaders",
  },
  "no-mass-erase": {
    meaning: "The mass erase command does not work: pages are erased one by one",
    source: "AN2606, limitations of loader V13.3 of the STM32H74x",
  },
  "no-read-unprotect": {
    meaning: "There is no read unprotect command (0x92)",
    source: "AN3156, STM32H5",
  },
  "random-stalls": {
    meaning: "Any request may stall for no reason: a second try succeeds",
    source: "AN2606, limitations of early STM32L43x and L44x loaders",
  },
  "resets-after-option-bytes": {
    meaning: "Writing option bytes or lifting read protection ends in a reset, so the GETSTATUS " +
      "after it has no answer",
    source: "AN3156; F0, F2, F4, F7, L41x and L43x to L46x",
  },
  "serial-not-utf16": {
    meaning: "The serial number is sent as bytes where USB wants UTF-16",
    source: "dfu-util, quirks of GD32 loaders",
  },
  "short-strings": {
    meaning: "String descriptors are cut short, or longer than their text",
    source: "Reports on STM32F427 and STM32F429 boards",
  },
  "silent-at-rdp1": {
    meaning: "With read protection on, every write is acknowledged and nothing is written",
    source: "inertial-sense-sdk issue 1186",
  },
  "slow-enumeration": {
    meaning: "Up to 13.7 s pass before the device appears on the bus",
    source: "AN2606, STM32F105/107",
  },
  "special-areas-claim-erasable": {
    meaning: "Option bytes, OTP or Device Feature claim to be erasable, which they are not",
    source: "AN2606, STM32F4 ROM 2.1; strings of STM32F107, GD32VF103 and AT32F437",
  },
  "voltage-sets-parallelism": {
    meaning:
      "Flash is programmed byte by byte until the supply voltage is written to Device Feature",
    source: "AN2606 §4.4; F2, F4 and F7; the speed gained is an inference",
  },
};
