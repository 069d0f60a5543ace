// Takes the pictures of every state into the folder given: light and dark, wide and 390 px. For people to look at, and
// for the README; not a test. Usage: node pictures.mjs FOLDER, with the environment of the journeys.
import { chromium } from "@playwright/test";
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import config from "./playwright.config.mjs";

const folder = process.argv[2] ?? "pictures";
mkdirSync(folder, { recursive: true });
const large = join(mkdtempSync(join(tmpdir(), "pictures-")), "backup-2026-11.tar");
writeFileSync(large, "");
truncateSync(large, 1_500_000_000);

function start(program, args) {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  return new Promise((resolve) =>
    createInterface(child.stdout).once("line", (line) => resolve({ line, stop: () => (child.stdin.end(), child.kill("SIGTERM")) })),
  );
}

const www = process.env.TOWPATH_WWW;
const demo = await start(process.env.TOWPATH_BIN, ["demo", "--www", www]);
const servers = await start(process.env.TOWPATH_SERVERS, ["--www", www]);
const demoUrl = demo.line.match(/http:\S+/)[0];
const real = JSON.parse(servers.line);
const browser = await chromium.launch(config.use.launchOptions);

for (const colorScheme of ["light", "dark"]) {
  for (const [size, viewport] of [["wide", { width: 1280, height: 800 }], ["narrow", { width: 390, height: 844 }]]) {
    const context = await browser.newContext({ colorScheme, viewport });
    const page = await context.newPage();
    page.setDefaultTimeout(10_000);
    const shot = (name) => page.screenshot({ path: join(folder, `${name}-${colorScheme}-${size}.png`) });
    const attempt = async (name, steps) => {
      try {
        await steps();
        await shot(name);
      } catch (error) {
        console.error(`${name} ${colorScheme} ${size}: ${error.message.split("\n")[0]}`);
        await shot(`${name}-failed`);
      }
    };
    const grid = page.getByRole("grid", { name: "Remote files" });
    await attempt("connect", async () => {
      await page.goto(demoUrl);
      await page.getByRole("button", { name: /Demo server/ }).waitFor();
    });
    await attempt("listing", async () => {
      await page.getByRole("button", { name: /Demo server/ }).click();
      await grid.getByRole("row").nth(2).waitFor();
      await page.waitForTimeout(300);
    });
    await attempt("selection", async () => {
      await grid.getByRole("row").nth(2).click();
      await grid.getByRole("row").nth(4).click({ modifiers: ["Shift"] });
    });
    await attempt("log", async () => page.getByRole("tab", { name: /^Log/ }).click());
    await attempt("delete", async () => {
      await page.getByRole("button", { name: "Delete" }).first().click();
      await page.getByRole("dialog", { name: "Delete" }).waitFor();
      await page.waitForTimeout(500);
    });
    await page.keyboard.press("Escape");
    await attempt("transfers", async () => {
      await page.getByRole("tab", { name: /^Transfers/ }).click();
      const chooser = page.waitForEvent("filechooser");
      await page.getByRole("button", { name: "Upload files" }).click();
      await (await chooser).setFiles([large]);
      const exists = page.getByRole("dialog", { name: "File exists" });
      const bar = page.getByRole("progressbar");
      await bar.or(exists).first().waitFor();
      if (await exists.isVisible()) await exists.getByRole("button", { name: "Overwrite" }).click();
      await page.getByRole("progressbar").first().waitFor();
      await page.waitForTimeout(2_500);
    });
    await attempt("certificate", async () => {
      await page.goto(real.relay);
      await page.getByRole("textbox", { name: "Host" }).fill("127.0.0.1");
      await page.getByLabel("Port").fill(String(real.pureftpd.port));
      await page.getByRole("textbox", { name: "User" }).fill(real.pureftpd.user);
      await page.getByLabel("Password", { exact: true }).fill("wrong");
      await page.getByRole("button", { name: "Connect", exact: true }).click();
      await page.getByRole("dialog", { name: "Unknown certificate" }).waitFor();
      await page.waitForTimeout(300);
    });
    await attempt("error", async () => {
      await page.getByRole("button", { name: "Trust once" }).click();
      await page.getByRole("group", { name: /Could not connect/ }).waitFor();
    });
    await context.close();
  }
}
await browser.close();
demo.stop();
servers.stop();
