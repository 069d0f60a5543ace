// A relay that asks who comes: a token in the field for it, or a ticket with which a portal opens the page.
import { createHmac, randomUUID } from "node:crypto";
import { expect, test } from "../support.mjs";

/** A ticket as a portal makes it. */
function ticket({ secret, audience }, user) {
  const part = (value) => Buffer.from(value).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const claims = { aud: audience, sub: user, iat: now, exp: now + 60, jti: randomUUID() };
  const text = `${part('{"alg":"HS256","typ":"JWT"}')}.${part(JSON.stringify(claims))}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

/** All that the page keeps between visits, and where it has been. */
const kept = (page) =>
  page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, document.cookie]));

const ready = (page) => page.getByText(/Relay ready/);

test("a token is asked for, lets the page in, and is gone with the page", async ({ page, servers }) => {
  const { relay, token } = servers.guarded;
  await page.goto(relay);
  const field = page.getByLabel("Access token");
  await expect(field).toHaveAttribute("type", "password");
  await expect(field).toBeFocused();
  await expect(page.getByText(/asks for an access token/)).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Host" })).toBeHidden();
  await field.fill("tp_wrong");
  await page.keyboard.press("Enter");
  await expect(page.getByText(/does not let you in/)).toBeVisible();
  await expect(field).toHaveValue("");
  await field.fill(token);
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(ready(page)).toBeVisible();
  await expect(page.getByRole("textbox", { name: "Host" })).toBeVisible();
  expect(await kept(page)).not.toContain("tp_");
  expect(await page.content()).not.toContain(token);
  // Gone with the page.
  await page.reload();
  await expect(field).toBeVisible();
});

test("a portal opens the page with a ticket, once, and the address bar does not keep it", async ({ page, servers }) => {
  const { relay } = servers.guarded;
  const opened = `${relay}?from=portal#ticket=${ticket(servers.guarded, "ann")}`;
  await page.goto(opened);
  await expect(ready(page)).toBeVisible();
  expect(page.url()).toBe(`${relay}?from=portal`);
  expect(await kept(page)).not.toContain("ticket");
  // Whoever finds the address later is asked for a token.
  await page.goto("about:blank");
  await page.goto(opened);
  await expect(page.getByLabel("Access token")).toBeVisible();
});
