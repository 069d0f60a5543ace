// What the journeys share: the programs under test, and the words of the interface's contract.
import { test as base, expect } from "@playwright/test";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Starts a program and resolves with the first line on its standard output. */
async function start(program, args, signal) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const line = await new Promise((resolve, reject) => {
    createInterface(child.stdout).once("line", resolve);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${program} ended with ${code}`)));
  });
  const stop = () =>
    new Promise((resolve) => {
      child.once("exit", resolve);
      child.stdin.end();
      if (signal) child.kill(signal);
    });
  return { line, stop };
}

function needed(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run the journeys through cargo xtask test`);
  return value;
}

export const test = base.extend({
  /** Address of `towpath demo`. */
  demo: [
    async ({}, use) => {
      const demo = await start(needed("TOWPATH_BIN"), ["demo", "--www", needed("TOWPATH_WWW")], "SIGTERM");
      await use(demo.line.match(/http:\S+/)[0]);
      await demo.stop();
    },
    { scope: "worker" },
  ],
  /** Real FTP servers and a relay that lists them: `{ relay, pureftpd: { port, user, password, path, root }, … }`. */
  servers: [
    async ({}, use) => {
      const servers = await start(needed("TOWPATH_SERVERS"), ["--www", needed("TOWPATH_WWW")]);
      await use(JSON.parse(servers.line));
      await servers.stop();
    },
    { scope: "worker" },
  ],
  page: async ({ page }, use) => {
    const wrong = [];
    page.on("pageerror", (error) => wrong.push(`page error: ${error}`));
    page.on("console", (message) => {
      if (message.type() === "error") wrong.push(`console: ${message.text()}`);
    });
    // No native dialog in a headless browser: downloads take the way of browsers without a file picker.
    await page.addInitScript(() => delete globalThis.showSaveFilePicker);
    await use(page);
    expect(wrong).toEqual([]);
  },
});

export { expect };

/** Fills the connect card and presses Connect. A path goes in as a person would paste it: within an address. */
export async function connect(page, { relay, host = "127.0.0.1", port, path = "/", user, password, encryption }) {
  await page.goto(relay);
  const address = path === "/" ? host : `ftpes://${host}:${port}${path}`;
  await page.getByRole("textbox", { name: "Host" }).fill(address);
  await page.getByLabel("Port").fill(String(port));
  await page.getByRole("textbox", { name: "User" }).fill(user);
  await page.getByLabel("Password", { exact: true }).fill(password);
  if (encryption) await page.getByRole("combobox", { name: "Encryption" }).selectOption({ label: encryption });
  await page.getByRole("button", { name: "Connect", exact: true }).click();
}

/** Accepts the certificate card of a self-signed server. */
export async function trustOnce(page) {
  const dialog = page.getByRole("dialog", { name: "Unknown certificate" });
  await expect(dialog).toBeVisible();
  await dialog.getByRole("button", { name: "Trust once" }).click();
  await expect(dialog).toBeHidden();
}

export const files = (page) => page.getByRole("grid", { name: "Remote files" });
export const row = (page, name) => files(page).getByRole("row", { name, exact: false });

/** Lines of the session log, as `Kind: text`. */
export async function log(page) {
  await page.getByRole("tab", { name: /^Log/ }).click();
  const text = await page.getByRole("log", { name: "Session log" }).innerText();
  const words = text.replace(/\s+/g, " ");
  return words.split(/ (?=(?:Status|Command|Response|Trace|Error): )/).map((line) => line.trim());
}

/** Uploads files through the button. */
export async function upload(page, payload) {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: "Upload files" }).click();
  await (await chooser).setFiles(payload);
}
