// The official JavaScript SDK, connections as it keeps them by default.
//
//   javascript_sdk.js BASE_URL TOKEN CALLS CONCURRENCY
//
// Prints the seconds it took. NODE_PATH says where the SDK is, and
// NODE_EXTRA_CA_CERTS what is trusted.

"use strict";

const platformClient = require("purecloud-platform-client-v2");

const [baseUrl, token, calls, concurrency] = process.argv.slice(2);
const url = new URL(baseUrl);
const client = platformClient.ApiClient.instance;
const api = new platformClient.TokensApi();
let left = Number(calls);

client.setGateway({
  host: url.hostname,
  protocol: url.protocol.replace(":", ""),
  port: Number(url.port),
  path_params_api: url.pathname,
});
client.setAccessToken(token);

async function work() {
  while (left-- > 0) {
    const info = await api.getTokensMe();
    if (!info.organization) {
      throw new Error("no organization");
    }
  }
}

async function main() {
  const started = process.hrtime.bigint();
  await Promise.all(Array.from({ length: Number(concurrency) }, work));
  console.log((Number(process.hrtime.bigint() - started) / 1e9).toFixed(6));
  process.exit(0); // the SDK watches its configuration file
}

main();
