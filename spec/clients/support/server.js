// A server that a spec starts: on any free port of loopback, which it prints.
// It ends when the process ends whose pid is its first argument.
//
//   require("./support/server").listen(http.createServer(...));

const CHECK_EVERY = 500; // milliseconds

exports.listen = (server) => {
  const owner = Number(process.argv[2]);
  setInterval(() => {
    try {
      process.kill(owner, 0);
    } catch {
      process.exit();
    }
  }, CHECK_EVERY);
  server.listen(0, "127.0.0.1", () => {
    process.stdout.write(`${server.address().port}\n`);
  });
};
