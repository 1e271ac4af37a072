/** Every simulated board of the rig, by the name that steps use. All are served by one `dfuse simulate`. */
export const BOARDS = numbered({
  /** Ten times as fast as a real one, like all that have nothing to do with time. */
  main: "stm32f405,speed=10",
  /** For dfu-util and dfuse in turn. */
  shared: "stm32f405,speed=10,seed=8",
  /** To be unplugged while it is written to. */
  slow: "stm32f405,speed=1,seed=2",
  /** To be busy for long. */
  slowest: "stm32f405,speed=0.1,seed=5",
  /** Serial numbers that tell boards apart. */
  left: "stm32f405,speed=50,seed=3,serial=LEFT",
  right: "stm32f405,speed=50,seed=4,serial=RIGHT",
  /** Small pages, many of them; its early ROM stalls requests at random. */
  stalling: "stm32l432,speed=20,quirk=random-stalls",
  /** Little memory, so that all of it is quickly read. */
  small: "stm32f042,speed=10,seed=7",
  /** Leaves the bus without warning, once. */
  leaving: "stm32f405,speed=10,seed=6,fault=disconnect@80",
  /** Does not answer, once. */
  silent: "stm32f405,speed=10,seed=9,fault=timeout@80",
  /** Run programs: one leaves the bus by itself when it is asked to, the other ones wait for a reset, not for long. */
  detaching: "stm32f405,speed=10,seed=31,runtime=detaches",
  waiting: "stm32f405,speed=1,seed=32,runtime=waits",
  waitingToo: "stm32f405,speed=1,seed=33,runtime=waits",
  /** Needs no time for its work, so that only the host's is left. */
  instant: "stm32f405,speed=1000000,seed=21",
  /** As slow as a real one. */
  real: "stm32f405,speed=1,seed=22",
  realToo: "stm32f405,speed=1,seed=22",
  realAlso: "stm32f405,speed=1,seed=22",
  told: "stm32f405,speed=1,seed=22",
  blank: "stm32f405,speed=1,fill=blank",
  blankToo: "stm32f405,speed=1,fill=blank",
  blankAlso: "stm32f405,speed=1,fill=blank",
  /** As clones come: with the same serial number. */
  clone1: "stm32f405,speed=50,seed=11",
  clone2: "stm32f405,speed=50,seed=12",
  clone3: "stm32f405,speed=50,seed=13",
  clone4: "stm32f405,speed=50,seed=14",
  clone5: "stm32f405,speed=50,seed=15",
  clone6: "stm32f405,speed=50,seed=16",
  clone7: "stm32f405,speed=50,seed=17",
  clone8: "stm32f405,speed=50,seed=18",
  /** Reports success and keeps its first page as it is. */
  writeProtected: "stm32f405,speed=50,seed=19,wrp=0x08000000",
  /** Leaves the bus while the others of its line are flashed, once. */
  unsteady: "stm32f405,speed=50,seed=20,fault=disconnect@60",
  readProtected: "stm32f405,speed=50,seed=23,rdp=1",
  /** Its option bytes are as from the factory. */
  unset: "stm32f405,speed=50,seed=24",
  /** A line of boards, as slow as real ones. */
  line1: "stm32f405,speed=1,seed=31",
  line2: "stm32f405,speed=1,seed=32",
  line3: "stm32f405,speed=1,seed=33",
  line4: "stm32f405,speed=1,seed=34",
  line5: "stm32f405,speed=1,seed=35",
  line6: "stm32f405,speed=1,seed=36",
  line7: "stm32f405,speed=1,seed=37",
  line8: "stm32f405,speed=1,seed=38",
});

export type BoardName = keyof typeof BOARDS;

export const CLONES: readonly BoardName[] = [
  "clone1",
  "clone2",
  "clone3",
  "clone4",
  "clone5",
  "clone6",
  "clone7",
  "clone8",
];

interface Board {
  /** What `dfuse simulate` is given. */
  readonly spec: string;
  /** Where it is served. */
  readonly busId: string;
}

function numbered<Name extends string>(specs: Record<Name, string>): Record<Name, Board> {
  const rows = Object.entries<string>(specs);
  const boards = rows.map(([name, spec], index) => [name, { spec, busId: `1-${index + 1}` }]);
  return Object.fromEntries(boards);
}
