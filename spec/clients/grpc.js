// A gRPC server behind the gateway, and calls through the gateway.
//
// In: socket, the path for the server's socket; target, host and port of the
//   gateway; ca, the file of its certificate authority, or null without TLS;
//   service, the name of the service; calls, a list of {kind, token, retry,
//   padding}. kind is "unary", "client", "server" or "both", for what streams.
//   With retry the client calls again when the service is unavailable. padding:
//   bytes by which the messages of a stream are longer.
// Out: for each call {code, details, metadata, messages}: its status, what came
//   with that, and the messages that came before.

const fs = require("fs");
const grpc = require("@grpc/grpc-js");
const { run } = require("./support/script");

const REQUESTS = 3; // in a stream from the client
const DEADLINE = 20000; // milliseconds for a call, attempts and pauses together

// name -> what streams
const KINDS = {
  unary: { requestStream: false, responseStream: false },
  client: { requestStream: true, responseStream: false },
  server: { requestStream: false, responseStream: true },
  both: { requestStream: true, responseStream: true },
};

const RETRIES = JSON.stringify({
  methodConfig: [{
    name: [{}],
    retryPolicy: {
      maxAttempts: 3,
      initialBackoff: "0.01s",
      maxBackoff: "0.01s",
      backoffMultiplier: 1,
      retryableStatusCodes: ["UNAVAILABLE"],
    },
  }],
});

// Messages are text; a service with .proto files makes these of them.
const serialize = (text) => Buffer.from(text);
const deserialize = (bytes) => bytes.toString();

const definitionOf = (service) => Object.fromEntries(
  Object.entries(KINDS).map(([name, kind]) => [name, {
    path: `/${service}/${name}`,
    ...kind,
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  }]),
);

// Each says whose token it is, and what it was sent.
const organization = (call) =>
  call.metadata.get("x-genesys-organization-id").join();

const received = (call, done) => {
  const texts = [organization(call)];
  call.on("data", (text) => texts.push(text));
  call.on("end", () => done(texts.join(" ")));
};

const IMPLEMENTATION = {
  unary: (call, done) => done(null, `${organization(call)} ${call.request}`),
  client: (call, done) => received(call, (text) => done(null, text)),
  server: (call) => {
    call.write(`${organization(call)} ${call.request}`);
    call.end();
  },
  both: (call) => received(call, (text) => {
    call.write(text);
    call.end();
  }),
};

const startServer = (definition, socket) => new Promise((resolve, reject) => {
  const server = new grpc.Server();
  server.addService(definition, IMPLEMENTATION);
  server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(),
    (error) => (error ? reject(error) : resolve(server)));
});

const makeCall = (client, { kind, token, padding = 0 }) => new Promise((resolve) => {
  const metadata = new grpc.Metadata();
  if (token) {
    metadata.set("authorization", `Bearer ${token}`);
  }
  const { requestStream, responseStream } = KINDS[kind];
  const messages = [];
  const call = client[kind](
    ...(requestStream ? [] : ["hello"]),
    metadata,
    { deadline: Date.now() + DEADLINE },
    ...(responseStream ? [] : [(error, text) => error || messages.push(text)]),
  );
  if (responseStream) {
    call.on("data", (text) => messages.push(text));
    call.on("error", () => {}); // the status says the same
  }
  call.on("status", (status) => setImmediate(resolve, {
    code: status.code,
    details: status.details,
    metadata: status.metadata.getMap(),
    messages,
  }));
  if (requestStream) {
    for (let i = 1; i <= REQUESTS; i += 1) {
      call.write(`hello${i}${"x".repeat(padding)}`);
    }
    call.end();
  }
});

run(async ({ socket, target, ca, service, calls }) => {
  const definition = definitionOf(service);
  const Client = grpc.makeGenericClientConstructor(definition, service);
  const server = await startServer(definition, socket);
  const credentials = ca
    ? grpc.credentials.createSsl(fs.readFileSync(ca))
    : grpc.credentials.createInsecure();
  const results = [];
  for (const call of calls) {
    const client = new Client(target, credentials,
      call.retry ? { "grpc.service_config": RETRIES } : {});
    results.push(await makeCall(client, call));
    client.close();
  }
  server.forceShutdown();
  return results;
});
