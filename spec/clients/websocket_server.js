// An application with a WebSocket. First it sends what it got: protocols and
// headers. Then it sends back all that comes.
//
// The end of the path says which protocol it chooses of those that it gets:
// the first, none, or, against the rules, all at once.

const http = require("http");
const { WebSocketServer } = require("ws");
const { listen } = require("./support/server");

const CHOICES = {
  first: ([first]) => first,
  none: () => false,
  all: (protocols) => protocols.join(", "),
};

const server = http.createServer();

const sockets = new WebSocketServer({
  server,
  handleProtocols: (protocols, request) =>
    CHOICES[request.url.match(/\w+$/)[0]]([...protocols]),
});

sockets.on("connection", (socket, request) => {
  socket.send(JSON.stringify({
    protocols: request.headers["sec-websocket-protocol"] || null,
    authorization: request.headers.authorization || null,
    client: request.headers["x-genesys-client-id"],
  }));
  socket.on("message", (data) => socket.send(String(data)));
});

listen(server);
