import { mustRun, runCommand } from "./command.ts";
import { APT_LIMIT_MS, aptOptions, TOOL_PATH, updatePackageLists } from "./tools.ts";

/** What a machine boots from. */
export interface BootFiles {
  /** `6.1.0-56-amd64`. */
  readonly version: string;
  readonly kernel: string;
  readonly initramfs: string;
}

/** The package that names Debian's current kernel. */
const KERNEL = "linux-image-amd64";

/** In the order in which they are loaded; what they depend on comes before them. */
const MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "vhci-hcd"];

/**
 * Debian's kernel with the modules of the rig, from the cache folder or by apt; nothing is installed. Throws an `Error`
 * if apt has no such package.
 */
export async function ensureBootFiles(
  cache: string,
  report: (line: string) => void,
): Promise<BootFiles> {
  const known = await findPackage() ?? await updatePackageLists().then(findPackage);
  if (known === undefined) {
    throw new Error(`apt knows no ${KERNEL}: the rig needs Debian on x86-64`);
  }
  const version = known.replace(/^linux-image-/, "");
  const files = {
    version,
    kernel: `${cache}/vmlinuz-${version}`,
    initramfs: `${cache}/initramfs-${version}-${FORMAT}.gz`,
  };
  if (await exists(files.initramfs)) return files;
  report(`Fetching ${known}`);
  const work = await Deno.makeTempDir({ dir: cache, prefix: "kernel-" });
  try {
    await buildBootFiles(files, { name: known, work });
  } finally {
    await Deno.remove(work, { recursive: true });
  }
  return files;
}

/** Counts up when the contents of the initramfs change, so that nobody boots an old one. */
const FORMAT = 1;

/** The real package behind the one that always names the newest. */
async function findPackage(): Promise<string | undefined> {
  const command = ["apt-cache", "depends", "--important", KERNEL];
  const { stdout } = await runCommand(command, { limitMs: 60_000, env: { PATH: TOOL_PATH } });
  return /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
}

async function buildBootFiles(
  files: BootFiles,
  { name, work }: { readonly name: string; readonly work: string },
): Promise<void> {
  // The sandbox user of apt may not write here; the file is checked against the signed list all the same.
  const download = ["apt-get", "-o", "APT::Sandbox::User=root", "download", name];
  const inWork = { ...aptOptions(), cwd: work };
  const { code } = await runCommand(download, inWork);
  if (code !== 0) {
    await updatePackageLists();
    await mustRun(download, inWork);
  }
  const run = (script: string) =>
    mustRun(["sh", "-ec", script], { ...inWork, limitMs: APT_LIMIT_MS });
  await run(`dpkg-deb --extract ${name}_*.deb package; rm ${name}_*.deb`);
  // Newer releases keep modules below /usr.
  await run(`[ -d package/lib ] || ln -s usr/lib package/lib; depmod -b package ${files.version}`);
  const modules = await moduleFiles(`${work}/package`, files.version);
  await Deno.mkdir(`${work}/root/modules`, { recursive: true });
  await run("cd root; mkdir bin dev proc sys lower upper merged; cp /bin/busybox bin/");
  const order: string[] = [];
  for (const [index, module] of modules.entries()) {
    const file = `${index}-${module.split("/").at(-1)}`;
    await Deno.copyFile(module, `${work}/root/modules/${file}`);
    order.push(file);
  }
  await Deno.writeTextFile(`${work}/root/init`, initScript(order), { mode: 0o755 });
  await Deno.copyFile(`${work}/package/boot/vmlinuz-${files.version}`, files.kernel);
  await run(
    "cd root; find . | cpio --create --format=newc --quiet | gzip -1 > ../initramfs; cd ..; " +
      `mv initramfs ${files.initramfs}`,
  );
}

/** Paths of the modules, each after what it depends on. */
async function moduleFiles(base: string, version: string): Promise<string[]> {
  const files = new Set<string>();
  for (const module of MODULES) {
    const command = ["modprobe", "-d", base, "-S", version, "--show-depends", module];
    const text = await mustRun(command, { limitMs: 60_000, env: { PATH: TOOL_PATH } });
    for (const [, file] of text.matchAll(/^insmod (\S+)/gm)) files.add(file!);
  }
  return [...files];
}

/**
 * The first program of the machine: this system's files appear as they are, but what is written to them goes to
 * memory and is gone afterwards. One folder is really shared: the job comes from there, and the results go there.
 */
function initScript(modules: readonly string[]): string {
  return `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in ${modules.join(" ")}; do insmod /modules/$module; done
share=trans=virtio,version=9p2000.L,msize=524288
mount -t 9p -o $share,cache=loose,ro system /lower
mount -t tmpfs -o size=75% tmpfs /upper
mkdir /upper/files /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /merged
for folder in dev proc sys; do mount --move /$folder /merged/$folder; done
mkdir -p /merged/rig
mount -t 9p -o $share rig /merged/rig
ifconfig lo 127.0.0.1 up
exec switch_root /merged /bin/busybox sh /rig/start.sh
`;
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}
