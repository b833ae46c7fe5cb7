// Pictures of a page, in one size and colour scheme each.
//
// In: url; pictures, a list of {path, width, scheme}.
// Out: nothing.

const { withPage } = require("./support/browser");
const { run } = require("./support/script");

const HEIGHT = 700; // pixels, at least

run(async ({ url, pictures }) => {
  for (const { path, width, scheme } of pictures) {
    await withPage({
      viewport: { width, height: HEIGHT },
      colorScheme: scheme,
    }, async (page) => {
      await page.goto(url);
      await page.screenshot({ path, fullPage: true });
    });
  }
});
