// The newcomer: one address, one click, a listing; a file goes up and comes back the same.
import { createHash, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { expect, files, row, test, upload } from "../support.mjs";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest("hex");

test("one click connects, and a file comes back as it went", async ({ page, demo }) => {
  await page.goto(demo);
  await page.getByRole("button", { name: /Demo server/ }).click();
  await expect(files(page)).toBeVisible();
  await expect(files(page).getByRole("row").nth(2)).toBeVisible();

  for (const [name, size] of [["empty.bin", 0], ["one.bin", 1], ["large.bin", 3_000_001]]) {
    const bytes = randomBytes(size);
    await upload(page, { name, mimeType: "application/octet-stream", buffer: bytes });
    await expect(row(page, name)).toBeVisible();
    await expect(page.getByRole("tab", { name: /^Transfers/ })).not.toContainText(/[1-9]/);

    await row(page, name).click();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download", exact: true }).click();
    const saved = await download;
    expect(saved.suggestedFilename()).toBe(name);
    expect(sha256(await readFile(await saved.path()))).toBe(sha256(bytes));
  }
});
