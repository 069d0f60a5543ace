// A connection to the relay that breaks: transfers and sessions go on, and the server sees one login.
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, connect as dial } from "node:net";
import { connect, expect, files, log, row, test, trustOnce, upload } from "../support.mjs";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

/** A wire to the relay that can be cut, and that breaks by itself each time `every` bytes have passed through a tunnel. */
async function wire(relay) {
  const target = new URL(relay);
  const state = { every: Infinity, left: Infinity, cuts: 0, down: false, tunnels: new Set() };
  const server = createServer((near) => {
    const far = dial(Number(target.port), target.hostname);
    let tunnel = false;
    const end = () => {
      state.tunnels.delete(end);
      near.resetAndDestroy();
      far.resetAndDestroy();
    };
    const pass = (from, to) => from.on("data", (bytes) => {
      if (!tunnel && bytes.subarray(0, 11).toString() === "GET /tunnel") {
        tunnel = true;
        state.tunnels.add(end);
        if (state.down) return end();
      }
      if (tunnel && (state.left -= bytes.length) < 0) {
        state.left = Math.ceil(Math.random() * 2 * state.every);
        state.cuts += 1;
        to.write(bytes.subarray(0, Math.floor(Math.random() * bytes.length)));
        return end();
      }
      to.write(bytes);
    });
    pass(near, far);
    pass(far, near);
    for (const [one, other] of [[near, far], [far, near]]) {
      one.on("error", () => {});
      one.on("close", () => other.destroy());
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    state,
    address: `http://127.0.0.1:${server.address().port}/`,
    cutEach(bytes) {
      state.every = state.left = bytes;
    },
    down() {
      state.down = true;
      [...state.tunnels].forEach((end) => end());
    },
    up() {
      state.down = false;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

test("a link that breaks during transfers loses nothing, and says so only while it is down", async ({ browser, servers }) => {
  const { pureftpd } = servers;
  const cable = await wire(servers.relay);
  // Chromium complains of each WebSocket that breaks: that is what happens here, so this page has no fixture that forbids it.
  const page = await (await browser.newContext()).newPage();
  await page.addInitScript(() => delete globalThis.showSaveFilePicker);
  await connect(page, { ...pureftpd, relay: cable.address });
  await trustOnce(page);
  await expect(files(page)).toBeVisible();

  const bytes = randomBytes(24_000_000);
  cable.cutEach(2_000_000);
  await upload(page, { name: "survivor.bin", mimeType: "application/octet-stream", buffer: bytes });
  await expect(row(page, "survivor.bin")).toBeVisible({ timeout: 60_000 });
  const up = cable.state.cuts;
  await row(page, "survivor.bin").click();
  const download = page.waitForEvent("download", { timeout: 60_000 });
  await page.getByRole("button", { name: "Download", exact: true }).click();
  expect(sha256(await readFile(await (await download).path()))).toBe(sha256(bytes));
  expect(up).toBeGreaterThan(3);
  expect(cable.state.cuts - up).toBeGreaterThan(3);
  console.log(`24 MB up with ${up} cuts, down with ${cable.state.cuts - up}`);
  cable.cutEach(Infinity);

  // While nothing comes through, the page says so; what is asked meanwhile is done afterwards.
  const connection = page.getByRole("status", { name: "Connection" });
  cable.down();
  await expect(connection).toContainText("Connection to the relay lost");
  if (process.env.TOWPATH_PICTURE) await page.screenshot({ path: process.env.TOWPATH_PICTURE });
  await page.getByRole("button", { name: "Refresh" }).click();
  cable.up();
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await expect(connection).not.toContainText("lost");
  await expect(row(page, "survivor.bin")).toBeVisible();

  const lines = await log(page);
  expect(lines.filter((line) => line.startsWith("Command: AUTH TLS"))).toHaveLength(2);
  expect(lines.filter((line) => line.startsWith("Error:"))).toEqual([]);
  await page.context().close();
  await cable.close();
});
