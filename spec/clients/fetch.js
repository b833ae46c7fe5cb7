// A page of one origin that calls an API of another one.
//
// In: page, the page's URL; calls, a list of {url, options of fetch}.
// Out: for each call {status, body}, or {error} where the browser has refused.

const { withPage } = require("./support/browser");
const { run } = require("./support/script");

run(({ page: url, calls }) => withPage({}, async (page) => {
  await page.goto(url);
  return page.evaluate(async (calls) => {
    const results = [];
    for (const { url, options } of calls) {
      try {
        const response = await fetch(url, options);
        results.push({ status: response.status, body: await response.text() });
      } catch (error) {
        results.push({ error: String(error) });
      }
    }
    return results;
  }, calls);
}));
