// What all scripts of this folder are: a function from a spec's table to what
// the spec gets back. Both travel as JSON, see node.lua.
//
//   require("./support/script").run(async ({ url }) => ({ status: 200 }));

exports.run = async (main) => {
  const result = await main(JSON.parse(process.argv[2]));
  process.stdout.write(JSON.stringify(result === undefined ? null : result));
};

// A promise that is rejected ends the script with an error.
process.on("unhandledRejection", (error) => {
  throw error;
});
