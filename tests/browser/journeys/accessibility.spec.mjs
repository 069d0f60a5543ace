// axe-core finds nothing on the main screens, in light and dark and at 390 px; and the way in works by keyboard alone.
import { createRequire } from "node:module";
import { connect, expect, files, test } from "../support.mjs";

const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

/** Runs axe in the page. The script is injected through the debugger, so the page's CSP stays as strict as it is. */
async function findings(page) {
  const { readFile } = await import("node:fs/promises");
  await page.evaluate(await readFile(axe, "utf8"));
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ["violations"] });
    return violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.target.join(" ")).join(", ")}`);
  });
}

for (const colorScheme of ["light", "dark"]) {
  for (const width of [1280, 390]) {
    test.describe(`${colorScheme}, ${width} px`, () => {
      test.use({ colorScheme, viewport: { width, height: 800 } });
      test("axe finds nothing", async ({ page, demo, servers }) => {
        await page.goto(demo);
        await expect(page.getByRole("button", { name: /Demo server/ })).toBeVisible();
        expect(await findings(page)).toEqual([]);
        await page.getByRole("button", { name: /Demo server/ }).click();
        await expect(files(page).getByRole("row").nth(2)).toBeVisible();
        expect(await findings(page)).toEqual([]);
        await page.goto(servers.guarded.relay);
        await expect(page.getByLabel("Access token")).toBeVisible();
        expect(await findings(page)).toEqual([]);
        await connect(page, { relay: servers.relay, ...servers.pureftpd });
        await expect(page.getByRole("dialog", { name: "Unknown certificate" })).toBeVisible();
        expect(await findings(page)).toEqual([]);
      });
    });
  }
}

test("keyboard alone: connect, walk the list, open a folder, come back", async ({ page, demo }) => {
  await page.goto(demo);
  const card = page.getByRole("button", { name: /Demo server/ });
  await expect(card).toBeVisible();
  for (let presses = 0; presses < 30 && !(await card.evaluate((node) => node === document.activeElement)); presses += 1) {
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await expect(files(page).getByRole("row").nth(2)).toBeVisible();
  const grid = files(page);
  const inside = () => grid.evaluate((node) => node.contains(document.activeElement) || node === document.activeElement);
  for (let presses = 0; presses < 30 && !(await inside()); presses += 1) await page.keyboard.press("Tab");
  expect(await inside()).toBe(true);
  await page.keyboard.press("Home");
  const path = page.getByRole("navigation", { name: "Path" });
  const before = await path.innerText();
  await page.keyboard.press("Enter");
  await expect(path).not.toHaveText(before);
  await page.keyboard.press("Backspace");
  await expect(files(page).getByRole("row").nth(2)).toBeVisible();
});
