// A headless Chromium, as Debian has it, with an empty profile.
//
//   const { withPage } = require("./support/browser");
//   withPage({ viewport: { width: 390, height: 844 } }, async (page) => {
//     await page.goto(url);
//   });

const { chromium } = require("playwright-core");

const EXECUTABLE = process.env.CHROMIUM || "/usr/bin/chromium";

// Chromium as root has no sandbox. It asks nobody but the specs' servers.
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const TIMEOUT = 20000; // milliseconds for whatever a page waits for

// Calls `use` with a page, whose options are of playwright's newContext, and
// returns what it returns. The browser ends with it.
exports.withPage = async (options, use) => {
  const browser = await chromium.launch({
    executablePath: EXECUTABLE,
    args: ARGUMENTS,
  });
  try {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(TIMEOUT);
    return await use(await context.newPage(), context);
  } finally {
    await browser.close();
  }
};
