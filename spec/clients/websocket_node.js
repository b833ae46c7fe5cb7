// The client of Node's package ws.
//
// In: url; protocols; headers.
// Out: {protocol, response, first, echo} of what came, with the raw headers of
// the response; or {status, challenge} of the refusal, or {error}.

const WebSocket = require("ws");
const { run } = require("./support/script");

run(({ url, protocols, headers }) => new Promise((resolve) => {
  const socket = new WebSocket(url, protocols, { headers });
  const messages = [];
  let response;
  socket.on("upgrade", ({ rawHeaders }) => {
    response = rawHeaders;
  });
  socket.on("unexpected-response", (request, { statusCode, headers }) => {
    request.destroy();
    resolve({ status: statusCode, challenge: headers["www-authenticate"] });
  });
  socket.on("error", ({ message }) => resolve({ error: message }));
  socket.on("open", () => socket.send("hello"));
  socket.on("message", (data) => {
    messages.push(String(data));
    if (messages.length === 2) {
      socket.close();
      resolve({
        protocol: socket.protocol,
        response,
        first: JSON.parse(messages[0]),
        echo: messages[1],
      });
    }
  });
}));
