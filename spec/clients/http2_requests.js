// Requests over one HTTP/2 connection, with Node's own client.
//
// In: url, ca_file; requests, a list of {path, headers}, in which a list of
// cookies is sent as so many header fields.
// Out: for each {status, body}.

const fs = require("fs");
const http2 = require("http2");
const { run } = require("./support/script");

const ask = (session, { path, headers }) => new Promise((resolve, reject) => {
  const stream = session.request({ ":path": path, ...headers });
  let status;
  let body = "";
  stream.setEncoding("utf8");
  stream.on("response", (response) => {
    status = response[":status"];
  });
  stream.on("data", (data) => {
    body += data;
  });
  stream.on("end", () => resolve({ status, body }));
  stream.on("error", reject);
});

run(async ({ url, ca_file: caFile, requests }) => {
  const session = http2.connect(url, { ca: fs.readFileSync(caFile) });
  try {
    return await Promise.all(requests.map((each) => ask(session, each)));
  } finally {
    session.close();
  }
});
