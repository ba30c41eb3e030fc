// A pool with a Governor on a chain of anvil, from its deployment to money that the members have sent:
// `node pool.test.cjs`. Also without the factory, within the gas of an embedded chain.
"use strict";
const assert = require("node:assert");
const { StandardMerkleTree } = require("@openzeppelin/merkle-tree");
const ethers = require("ethers");
const { Chain, anvil } = require("./chain.cjs");
const { FACTORY, artefact, deploy } = require("./deploy.cjs");
const { give, plan } = require("./pool.cjs");

const CHAIN = 701;
const WINDOW = 60;
const LOG = ethers.id("log");
/** Most that a transaction may use on an embedded chain. */
const MOST_GAS = 5_000_000n;
const SHORT = { votingDelay: 20, votingPeriod: 100, lateQuorumExtension: 20, executionDelay: 50 };
const VOTE = 3;
const LEAF = ["uint256", "address", "address", "(uint8,address,uint96)[]"];

const sent = async (transaction) => (await transaction).wait();

async function put(wallet, name, ...words) {
  const { abi, bytecode } = artefact(name);
  const made = await new ethers.ContractFactory(abi, bytecode, wallet).deploy(...words);
  return made.waitForDeployment();
}

async function pass(chain, seconds) {
  await chain.provider.send("evm_increaseTime", [seconds]);
  await chain.mine(1);
}

async function settlementOf(operator, token) {
  const address = operator.address;
  const terms = {
    roles: {
      poster: address, guardian: address, arbiter: address, rotator: address, bondHolder: address,
    },
    terms: {
      window: WINDOW, rulingTime: 60, bondToken: token, bond: 0, challengeBond: 1, logId: LOG,
    },
    escrow: { debitor: address, refundGrace: 0, creditNotice: 60 },
    tokens: [token],
  };
  const { settlement } = await deploy(operator, terms);
  return new ethers.Contract(settlement, artefact("Settlement").abi, operator);
}

// Posts an epoch with these rows, final when it returns; `claim` gives lines and path of a row.
async function epoch(chain, settlement, rows) {
  const place = await settlement.getAddress();
  const tree = StandardMerkleTree.of(rows.map((row) => [CHAIN, place, ...row]), LEAF);
  const { timestamp } = await chain.provider.getBlock("latest");
  const statement = {
    epoch: 1n, root: tree.root, checkpointRoot: ethers.id("checkpoint"), logSize: 1n,
    logTimeMs: BigInt(timestamp) * 1000n, dataHash: ethers.id("data"),
  };
  const field = (type, name) => ({ type, name });
  const types = {
    Statement: [
      field("uint64", "epoch"), field("bytes32", "root"), field("bytes32", "checkpointRoot"),
      field("uint64", "logSize"), field("uint64", "logTimeMs"), field("bytes32", "dataHash"),
    ],
  };
  const domain = { name: "Headwater operator", version: "1", salt: LOG };
  const signature = await settlement.runner.signTypedData(domain, types, statement);
  const totals = (await settlement.tokens()).map((token) => ({ token, amount: 0 }));
  await sent(settlement.post({ ...statement, id: 1n, parent: 0n, totals }, signature));
  await pass(chain, WINDOW);
  await sent(settlement.finalize(1n));
  return (at) => [1n, rows[at][0], rows[at][1], tree.getProof(at)];
}

async function refusals(operator, votes, token) {
  const refused = /no PoolVotes of this version stands there/;
  await assert.rejects(give(operator, token), refused);
  await assert.rejects(give(operator, operator.address), refused);
  await assert.rejects(give(operator, votes, { quorum: 5 }), /there is no term quorum;/);
}

// The members send money of the pool to bob.
async function decided(chain, governor, token, [alice, bob]) {
  const call = token.interface.encodeFunctionData("transfer", [bob.address, 200n]);
  const proposal = [[await token.getAddress()], [0], [call]];
  const words = [...proposal, "why"];
  const id = await governor.connect(alice).propose.staticCall(...words);
  await assert.rejects(governor.connect(chain.stranger).propose.staticCall(...words));
  await sent(governor.connect(alice).propose(...words));
  await pass(chain, SHORT.votingDelay + 1);
  await sent(governor.connect(alice).castVote(id, 1));
  await sent(governor.connect(bob).castVote(id, 0));
  await pass(chain, SHORT.votingPeriod + 1);
  const hashed = [...proposal, ethers.id("why")];
  await sent(governor.connect(chain.stranger).queue(...hashed));
  await pass(chain, SHORT.executionDelay + 1);
  await sent(governor.connect(chain.stranger).execute(...hashed));
  assert.equal(await token.balanceOf(bob.address), 200n);
}

async function main() {
  const chain = new Chain((await anvil(CHAIN)).url, CHAIN);
  const [operator, alice, bob, stranger] = await Promise.all(
    Array.from({ length: 4 }, () => chain.wallet()),
  );
  chain.stranger = stranger;
  const token = await put(operator, "TestToken");
  const settlement = await settlementOf(operator, await token.getAddress());
  const votes = await put(operator, "PoolVotes", await settlement.getAddress(), "Pool 3", "VOTE");
  const place = await votes.getAddress();
  await refusals(operator, place, await token.getAddress());

  const made = await give(operator, place, SHORT);
  assert.equal(made.governor, (await plan(place, SHORT)).governor);
  assert.equal(made.settlement, await settlement.getAddress());
  assert.deepEqual(made, await give(stranger, place, SHORT));
  assert.notEqual(made.governor, (await plan(place, {})).governor);
  const governor = new ethers.Contract(made.governor, artefact("pool/PoolGovernor").abi, operator);
  assert.equal(await governor.timelock(), made.timelock);
  assert.equal(await governor.votingPeriod(), 100n);
  assert.equal(await governor["quorumNumerator()"](), 20n);
  console.log(`chain ${CHAIN}: ${JSON.stringify(made)}`);

  const members = [[alice, 60n], [bob, 40n]];
  const rows = members.map(([{ address }, amount]) => [address, [[VOTE, place, amount]]]);
  const claim = await epoch(chain, settlement, rows);
  for (const at of members.keys()) await sent(votes.mint(...claim(at)));
  await sent(token.mint(made.timelock, 500n));
  await decided(chain, governor, token, [alice, bob]);

  await chain.provider.send("anvil_setCode", [FACTORY, "0x"]);
  const { code } = await plan(place, {});
  const gas = await chain.provider.estimateGas({ from: operator.address, data: code });
  assert.ok(gas <= MOST_GAS, `a Governor takes ${gas} gas`);
  const alone = await give(operator, place);
  const other = new ethers.Contract(alone.governor, artefact("pool/PoolGovernor").abi, operator);
  assert.equal(await other.timelock(), alone.timelock);
  assert.equal(await other.votingPeriod(), 7n * 86_400n);
  console.log(`without the factory, for ${gas} gas: ${JSON.stringify(alone)}`);
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
