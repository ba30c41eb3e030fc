// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {
    GovernorCountingSimple
} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {
    GovernorPreventLateQuorum
} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {
    GovernorSettings
} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {
    GovernorTimelockControl
} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {
    GovernorVotesQuorumFraction
} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {PoolVotes} from "../PoolVotes.sol";

/// @title The Governor of one pool, with the Timelock that acts for it
/// @notice Stock parts of OpenZeppelin, put together and nothing added. Votes are those of a
/// `PoolVotes`, which final epochs alone give. What the members decide is done by the Timelock,
/// which this contract creates as its first and only one: so nobody ever had a right there but the
/// Governor, and whatever the pool is to own is given to the Timelock.
contract PoolGovernor is
    Governor,
    GovernorSettings,
    GovernorCountingSimple,
    GovernorVotes,
    GovernorVotesQuorumFraction,
    GovernorPreventLateQuorum,
    GovernorTimelockControl
{
    /// @notice What a pool starts with; its members can change each by a proposal. Times are in
    /// seconds, as `PoolVotes` counts.
    /// @param votingDelay between a proposal and the moment at which votes are counted. Votes that
    /// an epoch has given and nobody has minted yet are minted in this time.
    /// @param votingPeriod from that moment to the end of the vote.
    /// @param lateQuorumExtension how long the vote lasts at least once the quorum is reached; at
    /// most `votingPeriod`.
    /// @param executionDelay how long what was decided waits in the Timelock.
    /// @param proposalThreshold votes that a proposer must have.
    /// @param quorumPercent of all minted votes that must be for a proposal or abstain.
    struct GovernorTerms {
        uint48 votingDelay;
        uint32 votingPeriod;
        uint48 lateQuorumExtension;
        uint256 executionDelay;
        uint256 proposalThreshold;
        uint256 quorumPercent;
    }

    constructor(PoolVotes votes, GovernorTerms memory terms)
        Governor("Headwater pool")
        GovernorSettings(terms.votingDelay, terms.votingPeriod, terms.proposalThreshold)
        GovernorVotes(votes)
        GovernorVotesQuorumFraction(terms.quorumPercent)
        GovernorPreventLateQuorum(terms.lateQuorumExtension)
        GovernorTimelockControl(_ownTimelock(terms.executionDelay))
    {}

    /// @dev Only this Governor proposes and cancels there; anyone executes what is due; no admin.
    function _ownTimelock(uint256 delay) private returns (TimelockController) {
        address[] memory governor = new address[](1);
        governor[0] = address(this);
        return new TimelockController(delay, governor, new address[](1), address(0));
    }

    // Where two parts define the same, the language wants it said that both count.

    /// @inheritdoc GovernorSettings
    function proposalThreshold()
        public
        view
        override(Governor, GovernorSettings)
        returns (uint256)
    {
        return super.proposalThreshold();
    }

    /// @inheritdoc GovernorPreventLateQuorum
    function proposalDeadline(uint256 id)
        public
        view
        override(Governor, GovernorPreventLateQuorum)
        returns (uint256)
    {
        return super.proposalDeadline(id);
    }

    /// @inheritdoc GovernorTimelockControl
    function state(uint256 id)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (ProposalState)
    {
        return super.state(id);
    }

    /// @inheritdoc GovernorTimelockControl
    function proposalNeedsQueuing(uint256 id)
        public
        view
        override(Governor, GovernorTimelockControl)
        returns (bool)
    {
        return super.proposalNeedsQueuing(id);
    }

    function _tallyUpdated(uint256 id) internal override(Governor, GovernorPreventLateQuorum) {
        super._tallyUpdated(id);
    }

    function _queueOperations(
        uint256 id,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calls,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint48) {
        return super._queueOperations(id, targets, values, calls, descriptionHash);
    }

    function _executeOperations(
        uint256 id,
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calls,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) {
        super._executeOperations(id, targets, values, calls, descriptionHash);
    }

    function _cancel(
        address[] memory targets,
        uint256[] memory values,
        bytes[] memory calls,
        bytes32 descriptionHash
    ) internal override(Governor, GovernorTimelockControl) returns (uint256) {
        return super._cancel(targets, values, calls, descriptionHash);
    }

    function _executor()
        internal
        view
        override(Governor, GovernorTimelockControl)
        returns (address)
    {
        return super._executor();
    }
}
