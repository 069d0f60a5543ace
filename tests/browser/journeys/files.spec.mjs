// Work on files against Pure-FTPd: make, rename, upload, delete a tree, by mouse and by keyboard.
import { chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect, expect, files, row, test, trustOnce, upload } from "../support.mjs";

/** The user that the fixtures' servers work as: `daemon` on every Debian. */
const DAEMON = 1;

test.beforeEach(async ({ page, servers }) => {
  await connect(page, { relay: servers.relay, ...servers.pureftpd });
  await trustOnce(page);
  await expect(files(page)).toBeVisible();
});

test("a folder is made, renamed, filled and deleted with all in it", async ({ page, servers }) => {
  const disk = servers.pureftpd.root;
  await page.getByRole("button", { name: "New folder" }).click();
  const dialog = page.getByRole("dialog", { name: "New folder" });
  await dialog.getByRole("textbox").fill("journey");
  await page.keyboard.press("Enter");
  await expect(row(page, "journey")).toBeVisible();
  expect(existsSync(join(disk, "journey"))).toBe(true);

  await row(page, "journey").click();
  await page.keyboard.press("F2");
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("journey two");
  await page.keyboard.press("Enter");
  await expect(row(page, "journey two")).toBeVisible();

  await row(page, "journey two").dblclick();
  await expect(page.getByRole("navigation", { name: "Path" })).toContainText("journey two");
  await upload(page, [
    { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") },
    { name: "b.txt", mimeType: "text/plain", buffer: Buffer.from("bb") },
  ]);
  await expect(row(page, "b.txt")).toBeVisible();
  expect(readdirSync(join(disk, "journey two")).sort()).toEqual(["a.txt", "b.txt"]);
  mkdirSync(join(disk, "journey two", "deep", "deeper"), { recursive: true });
  writeFileSync(join(disk, "journey two", "deep", "deeper", "c.txt"), "ccc");
  for (const folder of ["deep", "deep/deeper"]) chownSync(join(disk, "journey two", folder), DAEMON, DAEMON);

  await page.getByRole("button", { name: "Up", exact: true }).click();
  await row(page, "journey two").click();
  await page.keyboard.press("Delete");
  const remove = page.getByRole("dialog", { name: "Delete" });
  await expect(remove).toContainText("3 files");
  await remove.getByRole("button", { name: "Delete" }).click();
  await expect(row(page, "journey two")).toHaveCount(0);
  expect(existsSync(join(disk, "journey two"))).toBe(false);
});

test("hostile names are text", async ({ page, servers }) => {
  const name = "<img src=x onerror=document.title='owned'>.txt";
  writeFileSync(join(servers.pureftpd.root, name), "x");
  // A refresh that meets a listing still under way adds nothing to it: press until the new file is in.
  await expect(async () => {
    await page.getByRole("button", { name: "Refresh" }).click();
    await expect(files(page).getByText(name)).toBeVisible({ timeout: 2_000 });
  }).toPass();
  expect(await page.title()).not.toBe("owned");
  expect(await files(page).locator("img").count()).toBe(0);
});
