import { FirmwareError, UsageError } from "../errors.ts";
import { formatSize } from "../format.ts";
import type { ByteSource } from "./byte_source.ts";
import type { FileFacts, FirmwareEvent, FirmwareWarning } from "./firmware.ts";
import { GrowingBytes } from "./growing_bytes.ts";
import { readFirmware, type ReadOptions } from "./read_firmware.ts";

/** A file as it is, nothing sorted or joined, with its bytes. */
export interface Collected {
  readonly images: readonly CollectedImage[];
  readonly warnings: FirmwareWarning[];
  readonly facts: FileFacts;
}

export interface CollectedImage {
  readonly identity: { readonly alternate?: number; readonly name?: string };
  readonly elements: CollectedElement[];
}

export interface CollectedElement {
  readonly address: number;
  readonly offset: number;
  readonly bytes: GrowingBytes;
}

/**
 * Reads a file to its end and keeps its elements.
 * @throws FirmwareError for a file that cannot be read or has more than 256 MiB; UsageError where `address` is
 * missing or contradicts the file.
 */
export async function collectElements(
  source: ByteSource,
  options: ReadOptions,
): Promise<Collected> {
  const draft: Draft = {
    images: [],
    warnings: [],
    name: source.name,
    size: 0,
    lacksAddress: false,
  };
  try {
    for await (const event of readFirmware(source, options)) addEvent(draft, event);
  } finally {
    await source.close();
  }
  const { images, warnings, facts } = draft;
  // Only now: a damaged file of another format may look like one without addresses until its end.
  if (draft.lacksAddress) throw missingAddress(draft.name);
  return { images, warnings, facts: facts! };
}

interface Draft {
  readonly images: CollectedImage[];
  readonly warnings: FirmwareWarning[];
  readonly name: string;
  size: number;
  lacksAddress: boolean;
  facts?: FileFacts;
}

/** The window for external flash, the largest memory behind a DFU device. `summarizeFile()` has no such limit. */
const MAX_COLLECTED_SIZE = 256 * 1024 * 1024;

function addEvent(draft: Draft, event: FirmwareEvent): void {
  switch (event.kind) {
    case "image": {
      const { kind: _, encoded: __, ...identity } = event;
      draft.images.push({ identity, elements: [] });
      return;
    }
    case "element": {
      const { address, offset } = event;
      draft.lacksAddress ||= address === undefined;
      draft.images.at(-1)!.elements.push({
        address: address ?? 0,
        offset,
        bytes: new GrowingBytes(),
      });
      return;
    }
    case "data":
      draft.size += event.bytes.length;
      if (draft.size > MAX_COLLECTED_SIZE) throw tooLarge(draft.name);
      draft.images.at(-1)!.elements.at(-1)!.bytes.add(event.bytes);
      return;
    case "warning": {
      const { kind: _, ...warning } = event;
      draft.warnings.push(warning);
      return;
    }
    case "end": {
      const { kind: _, ...facts } = event;
      draft.facts = facts;
      return;
    }
  }
}

function missingAddress(name: string): UsageError {
  return new UsageError(`Cannot place ${name}: the file has no addresses, expected one for it`, {
    hint: missingAddressHint(name),
  });
}

/** What to do about a file without addresses. */
export function missingAddressHint(name: string): string {
  return name.toLowerCase().endsWith(".json")
    ? "A job file is for dfuse flash, as its only file: dfuse flash job.json"
    : "Say where it belongs: --address 0x08000000, for example.";
}

function tooLarge(name: string): FirmwareError {
  return new FirmwareError(
    `Cannot load ${name}: it has more firmware than ${formatSize(MAX_COLLECTED_SIZE)}, ` +
      "expected what fits into a device",
    { hint: "Check that this is the right file.", facts: { offset: MAX_COLLECTED_SIZE } },
  );
}
