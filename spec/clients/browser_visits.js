// Addresses that somebody opens in a browser, one after another.
//
// In: urls.
// Out: for each {url, status, text}: where it ends, and what is to be read
//   there.

const { withPage } = require("./support/browser");
const { run } = require("./support/script");

run(({ urls }) => withPage({}, async (page) => {
  const results = [];
  for (const url of urls) {
    const response = await page.goto(url);
    results.push({
      url: page.url(),
      status: response.status(),
      text: await page.innerText("body"),
    });
  }
  return results;
}));
