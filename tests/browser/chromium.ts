/** Drives a headless Chromium by its DevTools protocol, for tests of what a page really shows. */

/** Where Debian and others install it; CHROMIUM names another. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Nothing of the browser's own may reach for the network, and each run has a profile of its own. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
  "--remote-debugging-port=0",
];

/** How long the browser may take to start, and to answer. */
const TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** The browser's path; undefined where none is installed. */
export function findChromium(): string | undefined {
  const named = Deno.env.get("CHROMIUM");
  return [...(named === undefined ? [] : [named]), ...PLACES].find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

/** How a page is looked at. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly theme: "light" | "dark";
  /** Default: all colours. */
  readonly vision?: "achromatopsia" | "deuteranopia" | "protanopia" | "tritanopia";
}

/** A page in a browser. */
export interface Page {
  /** Opens a file, in such a window, and waits until it is loaded. */
  open(
    path: string,
    view: View,
  ): Promise<void>;
  /** The value of an expression in the page. */
  evaluate(expression: string): Promise<unknown>;
  /** Moves the pointer. */
  point(x: number, y: number): Promise<void>;
  /** A PNG of the whole page. */
  screenshot(): Promise<Uint8Array>;
  /** What the page logged, and what it tried to load beside itself. */
  readonly complaints: string[];
}

/** Starts a browser, gives its page to `work`, and ends it again. */
export async function withPage(path: string, work: (page: Page) => Promise<void>): Promise<void> {
  const profile = await Deno.makeTempDir();
  const browser = new Deno.Command(path, {
    args: [...FLAGS, `--user-data-dir=${profile}`, "about:blank"],
    stdout: "null",
    stderr: "null",
  }).spawn();
  try {
    const connection = await Connection.open(await findPage(profile));
    try {
      await work(await createPage(connection));
    } finally {
      connection.close();
    }
  } finally {
    browser.kill("SIGTERM");
    await browser.status;
    await Deno.remove(profile, { recursive: true }).catch(() => {});
  }
}

/** The address of the first page's protocol: the browser writes its port into its profile. */
async function findPage(profile: string): Promise<string> {
  const end = Date.now() + TIMEOUT_MS;
  while (Date.now() < end) {
    try {
      const [port] = (await Deno.readTextFile(`${profile}/DevToolsActivePort`)).split("\n");
      const pages = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
      const url = pages.find((page: { type: string }) => page.type === "page")
        ?.webSocketDebuggerUrl;
      if (url !== undefined) return url;
    } catch {
      // Not started yet.
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error("Chromium does not start");
}

type Message = {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: unknown;
};

/** Commands and their answers over a web socket. */
class Connection {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (message: Message) => void>();
  readonly #listeners: ((message: Message) => void)[] = [];
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const message: Message = JSON.parse(data);
      if (message.id === undefined) this.#listeners.forEach((listener) => listener(message));
      else this.#waiting.get(message.id)?.(message);
    };
  }

  static open(url: string): Promise<Connection> {
    const socket = new WebSocket(url);
    return new Promise((resolve, reject) => {
      socket.onopen = () => resolve(new Connection(socket));
      socket.onerror = () => reject(new Error("Chromium does not answer"));
    });
  }

  // deno-lint-ignore no-explicit-any
  send(method: string, params: Record<string, unknown> = {}): Promise<any> {
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, ({ result, error }) => {
        this.#waiting.delete(id);
        if (error === undefined) resolve(result);
        else reject(new Error(`${method}: ${JSON.stringify(error)}`));
      });
    });
  }

  on(listener: (message: Message) => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#socket.close();
  }
}

async function createPage(connection: Connection): Promise<Page> {
  const complaints: string[] = [];
  let loaded = () => {};
  connection.on(({ method, params }) => {
    if (method === "Page.loadEventFired") loaded();
    if (method === "Log.entryAdded" || method === "Runtime.exceptionThrown") {
      complaints.push(JSON.stringify(params));
    }
    if (method === "Network.requestWillBeSent") {
      const { type, request } = params as { type: string; request: { url: string } };
      // The browser imitates poor colour vision by a filter of its own in a data: URL.
      const isOwn = request.url.startsWith("data:");
      if (type !== "Document" && !isOwn) complaints.push(`loads ${request.url}`);
    }
  });
  for (const domain of ["Page", "Log", "Runtime", "Network"]) {
    await connection.send(`${domain}.enable`);
  }
  return {
    complaints,
    async open(path, { width, height, theme, vision: type = "none" }) {
      const size = { width, height, deviceScaleFactor: 1, mobile: false };
      await connection.send("Emulation.setDeviceMetricsOverride", size);
      const features = [{ name: "prefers-color-scheme", value: theme }];
      await connection.send("Emulation.setEmulatedMedia", { features });
      await connection.send("Emulation.setEmulatedVisionDeficiency", { type });
      const load = new Promise<void>((resolve) => loaded = resolve);
      await connection.send("Page.navigate", { url: `file://${path}` });
      await load;
    },
    async evaluate(expression) {
      const { result } = await connection.send("Runtime.evaluate", {
        expression,
        returnByValue: true,
      });
      return result.value;
    },
    async point(x, y) {
      await connection.send("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
    },
    async screenshot() {
      const options = { format: "png", captureBeyondViewport: true };
      const { data } = await connection.send("Page.captureScreenshot", options);
      return Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
    },
  };
}
