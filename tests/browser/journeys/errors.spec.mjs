// What goes wrong says where, in the server's words, and what to try.
import { connect, expect, test, trustOnce } from "../support.mjs";

const failure = (page) => page.getByRole("group", { name: /Could not connect/ });

test("a wrong password shows the server's words and asks again", async ({ page, servers }) => {
  await connect(page, { relay: servers.relay, ...servers.pureftpd, password: "wrong" });
  await trustOnce(page);
  await expect(failure(page)).toContainText("Login");
  await expect(failure(page)).toContainText("530");
  await expect(page.getByLabel("Password", { exact: true })).toBeVisible();
});

test("a server that the relay does not list is refused by name of the rule", async ({ page, servers }) => {
  await connect(page, { relay: servers.relay, host: "127.0.0.1", port: 22, user: "x", password: "y" });
  await expect(failure(page)).toContainText(/relay/i);
  await expect(failure(page)).toContainText(/not listed|not allow|does not list/i);
});
