// A page that calls an API, in Chromium.
//
// In: page, the page's URL; calls, a list of {url, options of fetch} or
// {event_source}; elsewhere, another page that makes the same calls.
// Out: results, for each call {status, body}, {event}, or {error} where the
// browser or the server refused; elsewhere, the same; cookies, all that the
// browser has; readable, what scripts see of them.

const { withPage } = require("./support/browser");
const { run } = require("./support/script");

const makeCalls = async (calls) => {
  const listen = (url) => new Promise((resolve) => {
    const source = new EventSource(url);
    source.onmessage = ({ data }) => {
      source.close();
      resolve({ event: data });
    };
    source.onerror = () => {
      source.close();
      resolve({ error: "refused" });
    };
  });
  const call = async ({ url, options, event_source: events }) => {
    if (events) return listen(events);
    try {
      const response = await fetch(url, options);
      return { status: response.status, body: await response.text() };
    } catch (error) {
      return { error: error.name };
    }
  };
  const results = [];
  for (const each of calls) results.push(await call(each));
  return results;
};

run((input) => withPage({}, async (page, context) => {
  const visit = async (url) => {
    await page.goto(url);
    return page.evaluate(makeCalls, input.calls);
  };
  const results = await visit(input.page);
  const readable = await page.evaluate(() => document.cookie);
  const elsewhere = input.elsewhere ? await visit(input.elsewhere) : [];
  return { results, elsewhere, readable, cookies: await context.cookies() };
}));
