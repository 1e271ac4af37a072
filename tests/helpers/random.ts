/** Numbers that look random and are the same for the same seed. */
export interface Random {
  /** A whole number from 0 on, less than `limit`. */
  below(limit: number): number;
  /** A whole number, both ends included. */
  between(minimum: number, maximum: number): number;
  /** True as often as `probability` says, from 0 to 1. */
  chance(probability: number): boolean;
  pick<T>(choices: readonly T[]): T;
  bytes(size: number): Uint8Array;
}

/** A generator for one seed (Mulberry32, by Tommy Ettinger). */
export function seededRandom(seed: number): Random {
  let state = seed | 0;
  const word = () => {
    state = (state + 0x6D2B79F5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number) => Math.floor(word() / 2 ** 32 * limit);
  return {
    below,
    between: (minimum, maximum) => minimum + below(maximum - minimum + 1),
    chance: (probability) => word() < probability * 2 ** 32,
    pick: <T>(choices: readonly T[]) => {
      if (choices.length === 0) throw new RangeError("Cannot pick: no choices");
      return choices[below(choices.length)]!;
    },
    bytes: (size) => {
      const bytes = new Uint8Array(size);
      for (let index = 0; index < size; index++) bytes[index] = word() & 0xFF;
      return bytes;
    },
  };
}

/** A test with random contents: with a new seed, or with the one that `DFUSE_SEED` repeats. */
export function randomTest(name: string, body: RandomTestBody): void {
  Deno.test(name, seeded(body));
}

/** What a random test does with its seed. */
export type RandomTestBody = (seed: number) => void | Promise<void>;

/**
 * The function of a test, for tests that need more than `randomTest()` gives. A failure names the seed: what a test prints
 * is lost where tests run in parallel.
 */
export function seeded(body: RandomTestBody): () => Promise<void> {
  return async () => {
    const seed = chooseSeed();
    try {
      await body(seed);
    } catch (error) {
      throw new Error(`DFUSE_SEED=${seed} repeats this failure`, { cause: error });
    }
  };
}

function chooseSeed(): number {
  const given = Deno.env.get("DFUSE_SEED");
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(given);
  if (!Number.isInteger(seed)) {
    throw new RangeError(`Cannot use DFUSE_SEED=${given}, expected a whole number`);
  }
  return seed;
}
