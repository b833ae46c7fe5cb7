// A page that opens a WebSocket, in Chromium.
//
// In: page, any page; url; protocols.
// Out: {protocol, first, echo} of what came, or {error}.

const { withPage } = require("./support/browser");
const { run } = require("./support/script");

run(({ page: pageUrl, url, protocols }) => withPage({}, async (page) => {
  await page.goto(pageUrl);
  return page.evaluate(({ url, protocols }) => new Promise((resolve) => {
    let socket;
    try {
      socket = new WebSocket(url, protocols);
    } catch (error) {
      resolve({ error: error.name });
      return;
    }
    const messages = [];
    socket.onopen = () => socket.send("hello");
    socket.onerror = () => resolve({ error: "refused" });
    socket.onmessage = ({ data }) => {
      messages.push(data);
      if (messages.length === 2) {
        resolve({
          protocol: socket.protocol,
          first: JSON.parse(messages[0]),
          echo: messages[1],
        });
      }
    };
  }), { url, protocols });
}));
