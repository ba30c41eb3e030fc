// ethers and viem against a node's chain, as an application would use them: read, sign a permit,
// deposit by it, wait for the receipt, read the events, decode a refusal.

import assert from "node:assert/strict";

import * as ethers from "ethers";
import * as viem from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";

import { startNode } from "../start.mjs";

const PROGRAM = process.env.HEADWATER ?? "../../target/release/headwater";
const TOKEN = [
  "function mint(address to, uint256 amount)",
  "function nonces(address owner) view returns (uint256)",
  "function balanceOf(address account) view returns (uint256)",
  "function transfer(address to, uint256 value) returns (bool)",
  "event Transfer(address indexed from, address indexed to, uint256 value)",
  "error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)",
];
const ESCROW = [
  "function openWithPermit(address token, (address funder, bytes32 account, uint96 amount, "
    + "uint96 maxPerEpoch, uint64 closesAt) opening, (uint256 value, uint256 deadline, uint8 v, "
    + "bytes32 r, bytes32 s) permit) returns (uint64)",
  "event Opened(uint64 indexed id, address indexed funder, bytes32 indexed account, address token, "
    + "uint96 amount, uint96 maxPerEpoch, uint64 closesAt)",
];
const PERMIT = [
  { name: "owner", type: "address" },
  { name: "spender", type: "address" },
  { name: "value", type: "uint256" },
  { name: "nonce", type: "uint256" },
  { name: "deadline", type: "uint256" },
];
const AMOUNT = 5_000n;

/** Where the contracts stand. */
async function contracts(url) {
  const { genesis } = await (await fetch(`${url}/api/v1/space`)).json();
  return { token: genesis.tokens[0], escrow: genesis.escrow };
}

function opening(funder, account, now) {
  return { funder, account, amount: AMOUNT, maxPerEpoch: AMOUNT, closesAt: now + 400n * 86_400n };
}

async function withEthers(url, { token, escrow }) {
  const provider = new ethers.JsonRpcProvider(`${url}/rpc`, undefined, {
    pollingInterval: 250,
    // A block may be there before an answer that was kept for so long is asked for again.
    cacheTimeout: -1,
  });
  const { chainId } = await provider.getNetwork();
  assert.equal(chainId, 412_348n);
  const wallet = ethers.Wallet.createRandom().connect(provider);
  const money = new ethers.Contract(token, TOKEN, wallet);
  const minted = await (await money.mint(wallet.address, 2n * AMOUNT)).wait();
  assert.equal(minted.status, 1);
  assert.equal(await money.balanceOf(wallet.address), 2n * AMOUNT);
  const block = await provider.getBlock("latest");
  const now = BigInt(block.timestamp);
  const value = {
    owner: wallet.address, spender: escrow, value: AMOUNT,
    nonce: await money.nonces(wallet.address), deadline: now + 3_600n,
  };
  const domain = {
    name: "Headwater test dollar", version: "1", chainId, verifyingContract: token,
  };
  const signed = ethers.Signature.from(await wallet.signTypedData(domain, { Permit: PERMIT }, value));
  const { r, s, v } = signed;
  const fund = new ethers.Contract(escrow, ESCROW, wallet);
  const account = ethers.zeroPadValue("0x00", 32);
  const sent = await fund.openWithPermit(token, opening(wallet.address, account, now), {
    value: AMOUNT, deadline: value.deadline, v, r, s,
  });
  const receipt = await sent.wait();
  const [opened] = await fund.queryFilter("Opened", receipt.blockNumber, receipt.blockNumber);
  assert.equal(opened.args.funder, wallet.address);
  assert.equal(opened.args.amount, AMOUNT);
  assert.equal(await money.balanceOf(escrow) >= AMOUNT, true);
  // A refusal comes with the contract's own error.
  await assert.rejects(money.transfer.staticCall(escrow, AMOUNT * 9n), (error) => {
    assert.equal(error.revert.name, "ERC20InsufficientBalance");
    return true;
  });
  await assert.rejects(money.mint(wallet.address, 10n ** 18n), /test money/);
  provider.destroy();
  return opened.args.id;
}

async function withViem(url, { token, escrow }) {
  const account = privateKeyToAccount(generatePrivateKey());
  const chain = viem.defineChain({
    id: 412_348,
    name: "Headwater devnet",
    nativeCurrency: { name: "Ether", symbol: "ETH", decimals: 18 },
    rpcUrls: { default: { http: [`${url}/rpc`] } },
  });
  const transport = viem.http(`${url}/rpc`, { batch: true });
  const reads = viem.createPublicClient({ chain, transport, pollingInterval: 250 });
  const writes = viem.createWalletClient({ account, chain, transport });
  const money = { address: token, abi: viem.parseAbi(TOKEN) };
  const write = async (asked) => {
    const { request } = await reads.simulateContract({ account, ...asked });
    const hash = await writes.writeContract(request);
    const receipt = await reads.waitForTransactionReceipt({ hash });
    assert.equal(receipt.status, "success");
    return receipt;
  };
  await write({ ...money, functionName: "mint", args: [account.address, 2n * AMOUNT] });
  const [balance, nonce, block, id] = await Promise.all([
    reads.readContract({ ...money, functionName: "balanceOf", args: [account.address] }),
    reads.readContract({ ...money, functionName: "nonces", args: [account.address] }),
    reads.getBlock({ blockTag: "finalized" }),
    reads.getChainId(),
  ]);
  assert.deepEqual([balance, nonce, id], [2n * AMOUNT, 0n, 412_348]);
  const deadline = block.timestamp + 3_600n;
  const signature = await account.signTypedData({
    domain: { name: "Headwater test dollar", version: "1", chainId: id, verifyingContract: token },
    types: { Permit: PERMIT },
    primaryType: "Permit",
    message: { owner: account.address, spender: escrow, value: AMOUNT, nonce, deadline },
  });
  const { r, s, v } = viem.parseSignature(signature);
  const abi = viem.parseAbi(ESCROW);
  const receipt = await write({
    address: escrow,
    abi,
    functionName: "openWithPermit",
    args: [
      token,
      opening(account.address, viem.toHex(0, { size: 32 }), block.timestamp),
      { value: AMOUNT, deadline, v: Number(v), r, s },
    ],
  });
  const [opened] = await reads.getContractEvents({
    address: escrow, abi, eventName: "Opened", fromBlock: 1n,
    args: { funder: account.address },
  });
  assert.equal(opened.args.amount, AMOUNT);
  assert.equal(opened.transactionHash, receipt.transactionHash);
  await assert.rejects(
    reads.simulateContract({
      account, ...money, functionName: "transfer", args: [escrow, AMOUNT * 9n],
    }),
    (error) => {
      const reverted = error.walk((cause) => cause instanceof viem.ContractFunctionRevertedError);
      assert.equal(reverted.data.errorName, "ERC20InsufficientBalance");
      return true;
    },
  );
  return opened.args.id;
}

const node = await startNode(PROGRAM);
try {
  const where = await contracts(node.url);
  const first = await withEthers(node.url, where);
  const second = await withViem(node.url, where);
  assert.equal(second, first + 1n);
  console.log("ethers and viem read, sign, deposit and decode: as they should be");
} finally {
  await node.stop();
}
