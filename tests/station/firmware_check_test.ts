import { assertEquals, assertRejects } from "@std/assert";
import { FirmwareError, UsageError } from "../../src/errors.ts";
import { checkFirmware, type FirmwareProof } from "../../src/station/firmware_check.ts";

/** Signed by minisign 0.11, as Debian has it, with a key made for this test. */
const CONTENT = "dfuse minisign vector\n";
const KEY = "RWS9yt3faSvcA/awi/GXgT16QuVNJCnhp4fAJYTrEuVl6w0zOFnfBL7O";
const SIGNATURE = `untrusted comment: signature from minisign secret key
RUS9yt3faSvcAyICxOPOcRS0cbmCx1nzaoHWL6pIlVmomrntLrrxs8Kd3muN2WY4wOwxPeIpcT/IfDIYJ4tRAtOtvEYRX8WqmgQ=
trusted comment: for a test
dPegh305tmLxOo+lu6W8BrSdTwr+KGQlXDrWD3CBHGqT0j5DUkdm2dkeu0loxgDH6YgJ2fvzRUfmbQwDs1PSCA==
`;
/** The same, with -l: of the file itself, as old versions did. */
const LEGACY = `untrusted comment: signature from minisign secret key
RWS9yt3faSvcAzqo76UAueMRopFGdwRKJnVKBv+GWbb0+R65NfSwM57XnDqjiHWS4blxkaJBfXCl954lnhNvb0JiofnQxhvNkAw=
trusted comment: legacy
1/otVq6qS3Kzb63rjxNhMWxx19AgYIJhaxFkJkusGRMg/qRs2yPD4U2Q+7SHPqwRRrQ032o2Pd1ZzqoceCYgCw==
`;
/** sha256sum of CONTENT. */
const SUM = "d4c2c3a1c414145ab7912bc955888a60594223388a3501e891c0fa402634b099";

function check(proof: FirmwareProof, content = CONTENT): Promise<string> {
  return checkFirmware(new TextEncoder().encode(content), { name: "out/fw.dfu", ...proof });
}

Deno.test("checkFirmware() gives the SHA-256, and compares it", async () => {
  assertEquals(await check({}), SUM);
  assertEquals(await check({ sha256: SUM.toUpperCase() }), SUM);
  await assertRejects(() => check({ sha256: SUM }, "other"), FirmwareError, "--sha256");
  await assertRejects(() => check({ sha256: "12" }), UsageError, "64");
});

Deno.test("checkFirmware() reads sum files as sha256sum writes them", async () => {
  const other = "0".repeat(64);
  const good = [SUM, `${SUM}\n`, `${SUM}  fw.dfu\n`, `${SUM} *build/fw.dfu\r\n`];
  for (const sumFile of [...good, `${other}  app.bin\n${SUM}  fw.dfu\n`]) {
    assertEquals(await check({ sumFile }), SUM);
  }
  await assertRejects(() => check({ sumFile: `${other}  fw.dfu` }), FirmwareError, "fw.dfu.sha256");
  const bad = ["", "nonsense", `${SUM}  other.dfu\n`, `${SUM}\n${other}\n`];
  for (const sumFile of bad) {
    await assertRejects(() => check({ sumFile }), FirmwareError, "no SHA-256");
  }
});

Deno.test("checkFirmware() trusts what the key has signed", async () => {
  const text = `untrusted comment: minisign public key\n${KEY}\n`;
  for (const signature of [SIGNATURE, LEGACY, SIGNATURE.replaceAll("\n", "\r\n")]) {
    for (const publicKey of [KEY, text]) {
      assertEquals(await check({ publicKey, signature }), SUM);
    }
  }
});

Deno.test("checkFirmware() trusts nothing else", async () => {
  const proof = { publicKey: KEY, signature: SIGNATURE };
  const rejects = (proof: FirmwareProof, part: string, content?: string) =>
    assertRejects(() => check(proof, content), FirmwareError, part);
  await rejects(proof, "signature is wrong", "dfuse minisign vectoR\n");
  await rejects({ publicKey: KEY, signature: LEGACY }, "signature is wrong", "other");
  await rejects({ publicKey: KEY }, "fw.dfu.minisig is missing");
  await rejects({ ...proof, signature: SIGNATURE.replace("for a test", "other") }, "comment");
  await rejects({ ...proof, signature: "" }, "not a signature");
  await rejects({ ...proof, signature: SIGNATURE.replace("RUS9yt", "RUS8yt") }, "signed by key");
  await assertRejects(() => check({ ...proof, publicKey: "RW" }), UsageError, "public key");
});
