// Pure-FTPd with a self-signed certificate: the card, Trust once, and a log that reads as FileZilla's.
import { connect, expect, files, log, test, trustOnce } from "../support.mjs";

const site = (servers, server) => ({ relay: servers.relay, ...servers[server] });

test("trust once, and the log reads as FileZilla's", async ({ page, servers }) => {
  await connect(page, site(servers, "pureftpd"));
  const dialog = page.getByRole("dialog", { name: "Unknown certificate" });
  await expect(dialog).toContainText(/SHA-256/i);
  await trustOnce(page);
  await expect(files(page)).toBeVisible();
  await expect(files(page).getByRole("row", { name: /hello\.txt/ })).toBeVisible();
  await expect(page.getByRole("status", { name: "Connection" })).toContainText("TLS 1.");

  const lines = await log(page);
  const expected = [
    `Status: Connecting to 127.0.0.1:${servers.pureftpd.port}...`,
    "Status: Connection established, waiting for welcome message...",
    /^Response: 220/,
    "Command: AUTH TLS",
    "Response: 234 AUTH TLS OK.",
    "Status: Initializing TLS...",
    "Trace: TLS Handshake successful",
    /^Trace: Protocol: TLS1\.[23], Key exchange: \S+, Cipher: /,
    "Status: Verifying certificate...",
    "Status: TLS connection established.",
    `Command: USER ${servers.pureftpd.user}`,
    /^Response: 331 /,
    /^Command: PASS \*+$/,
    /^Response: 230 /,
    "Command: OPTS UTF8 ON",
    "Command: PBSZ 0",
    "Response: 200 PBSZ=0",
    "Command: PROT P",
    'Response: 200 Data protection level set to "private"',
    "Status: Connected",
    /^Trace: Measured latency of \d+ ms$/,
    "Status: Retrieving directory listing...",
    "Command: PWD",
    "Command: TYPE I",
    "Response: 200 TYPE is now 8-bit binary",
    /^Command: (EPSV|PASV)$/,
    "Command: MLSD",
  ];
  let at = 0;
  for (const want of expected) {
    const found = lines.findIndex((line, index) => index >= at && (want instanceof RegExp ? want.test(line) : line === want));
    expect(found, `${want} after line ${at} of\n${lines.join("\n")}`).toBeGreaterThanOrEqual(at);
    at = found + 1;
  }
  expect(lines.join("\n")).not.toContain(servers.pureftpd.password);
});

test("cancel sends no password", async ({ page, servers }) => {
  await connect(page, site(servers, "pureftpd"));
  const dialog = page.getByRole("dialog", { name: "Unknown certificate" });
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("button", { name: "Connect", exact: true })).toBeVisible();
  await expect(page.getByRole("log", { name: "Session log" })).not.toContainText("PASS");
});

for (const server of ["vsftpd", "proftpd"]) {
  test(`${server} demands resumed data connections and gets them`, async ({ page, servers }) => {
    await connect(page, site(servers, server));
    await trustOnce(page);
    await expect(files(page).getByRole("row", { name: /hello\.txt/ })).toBeVisible();
    await page.getByRole("button", { name: "Refresh" }).click();
    await expect(files(page).getByRole("row", { name: /hello\.txt/ })).toBeVisible();
  });
}

test("always trust is remembered, and asks no more", async ({ page, servers }) => {
  await connect(page, site(servers, "pureftpd"));
  const dialog = page.getByRole("dialog", { name: "Unknown certificate" });
  await dialog.getByRole("button", { name: "Always trust this server" }).click();
  await expect(files(page)).toBeVisible();
  await page.reload();
  await connect(page, site(servers, "pureftpd"));
  await expect(files(page)).toBeVisible();
});

test("where passive mode is blocked, the server connects to the relay", async ({ page, servers }) => {
  await connect(page, site(servers, "blocked"));
  await trustOnce(page);
  await expect(files(page).getByRole("row", { name: /hello\.txt/ })).toBeVisible();
  const lines = await log(page);
  expect(lines.filter((line) => line.startsWith("Command: PORT")).length).toBeGreaterThan(0);
});
