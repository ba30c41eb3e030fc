// Deploys Suite, Settlement and Escrow at addresses that follow from code and terms, the same on
// every chain: `HEADWATER_DEPLOYER_KEY=0x.. node deploy.cjs RPC_URL TERMS.json`. What stands
// already is left as it is, so a broken run is simply run again.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const ethers = require("ethers");

// The deterministic factory that stands on most chains: salt and creation code in, CREATE2 out.
const FACTORY = ethers.getAddress("0x4e59b44847b379578588920ca78fbf26c0b4956c");
const TERMS =
  "tuple(tuple(address poster,address guardian,address arbiter,address rotator," +
  "address bondHolder) roles," +
  "tuple(uint48 window,uint48 rulingTime,address bondToken,uint96 bond,uint96 challengeBond," +
  "bytes32 logId) terms," +
  "tuple(address debitor,uint48 refundGrace,uint48 creditNotice) escrow,address[] tokens)";

const artefact = (name) =>
  JSON.parse(fs.readFileSync(path.join(__dirname, "artifacts", `${name}.json`), "utf8"));

// Where a suite of these terms stands on every chain, and the calldata that puts it there.
function plan(terms) {
  const coder = ethers.AbiCoder.defaultAbiCoder();
  const hashes = ["Settlement", "Escrow"].map((name) => ethers.keccak256(artefact(name).bytecode));
  const termsHash = ethers.keccak256(coder.encode([TERMS], [terms]));
  const words = coder.encode(["bytes32", "bytes32", "bytes32"], [...hashes, termsHash]);
  const code = ethers.concat([artefact("Suite").bytecode, words]);
  const salt = ethers.ZeroHash;
  const suite = ethers.getCreate2Address(FACTORY, salt, ethers.keccak256(code));
  return {
    suite,
    settlement: ethers.getCreateAddress({ from: suite, nonce: 1 }),
    escrow: ethers.getCreateAddress({ from: suite, nonce: 2 }),
    calldata: ethers.concat([salt, code]),
  };
}

async function deploy(wallet, terms) {
  const { calldata, ...places } = plan(terms);
  const stands = async (place) => (await wallet.provider.getCode(place)) !== "0x";
  if (!(await stands(FACTORY))) throw new Error(`the factory ${FACTORY} is not on this chain`);
  if (!(await stands(places.suite))) {
    await (await wallet.sendTransaction({ to: FACTORY, data: calldata })).wait();
  }
  const suite = new ethers.Contract(places.suite, artefact("Suite").abi, wallet);
  for (const [place, name] of [["settlement", "Settlement"], ["escrow", "Escrow"]]) {
    if (await stands(places[place])) continue;
    await (await suite[`deploy${name}`](artefact(name).bytecode, terms)).wait();
  }
  return places;
}

async function main([url, file]) {
  const key = process.env.HEADWATER_DEPLOYER_KEY;
  if (!url || !file || !key) throw new Error("usage: HEADWATER_DEPLOYER_KEY=0x.. deploy.cjs URL FILE");
  const wallet = new ethers.Wallet(key, new ethers.JsonRpcProvider(url));
  const places = await deploy(wallet, JSON.parse(fs.readFileSync(file, "utf8")));
  console.log(JSON.stringify(places, null, 1));
}

module.exports = { FACTORY, artefact, deploy, plan };
if (require.main === module) {
  main(process.argv.slice(2)).catch((error) => {
    console.error(`error: ${error.message}`);
    process.exitCode = 1;
  });
}
