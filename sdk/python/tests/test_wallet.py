"""What a wallet signs, against signatures of other people's library (eth-account 0.14.0)."""

import pytest

from headwater._headwater import Wallet, call_data

CHAIN, EXPIRES_S = 412_348, 1_893_456_000
TOKEN, ESCROW, OTHER = ("0x" + digit * 40 for digit in "123")


@pytest.fixture
def wallet():
    return Wallet(bytes([7] * 32))


def test_transfers_vouchers_and_lent_keys_are_signed_as_others_sign_them(wallet):
    assert wallet.address == "0x4a62316623ad457F02cDC5D997deD67a383EC569"
    payment = (ESCROW, 12_345, EXPIRES_S, bytes(range(32)))
    assert wallet.transfer(("Test Dollar", "1", CHAIN, TOKEN), payment) == (
        "0x8c3da536a190b7df4eb1403d3512f0199b16b2e6b56aa03e0689d48d29b69476"
        "7068e79b0f9dd21657bc28795df3d8a814e3b5bdde4fa55e903dcf4b57c905091b"
    )
    assert wallet.voucher((CHAIN, ESCROW), OTHER, TOKEN, 2**96 - 1) == (
        "0x07d491d6083b353c305c2532d6622a4f7bb9620c7abe5d33cf46134d59a6b281"
        "505bd340d0db0fba36f40e067e4ad561d70b65515777d18f176e7f9da561bb8e1c"
    )
    assert wallet.lend((CHAIN, ESCROW), TOKEN, OTHER, (5_000, EXPIRES_S)) == (
        "0xc9ba850115f9ada4c8e838e4e8bed44b934828efcc4d3d2783afe24aa33d60f2"
        "05678afbbbf2477e9a7ffab35d42553f99b67dbc4dff1c42a4acc8134475984b1c"
    )


def test_transactions_are_those_of_others(wallet):
    words = [bytes.fromhex(ESCROW[2:]), (10**18).to_bytes(32, "big")]
    data = call_data("approve(address,uint256)", words)
    assert data.hex() == f"095ea7b3{ESCROW[2:]:0>64}{10**18:064x}"
    assert wallet.transaction((CHAIN, 0, 1_000_000), TOKEN, data).hex() == (
        "02f8ab83064abc808080830f4240941111111111111111111111111111111111111111"
        f"80b844{data.hex()}"
        "c080a04abdd42794b571481dd6b05a46dfe479a314e376a8912be4b3a8ed740515e0a6"
        "a07be55517c3138b4c261f18c622df26e93e540ca2548e9743eea4f3a7a07317cf"
    )
    # A call without arguments, by a wallet that has sent something before.
    assert wallet.transaction((CHAIN, 300, 1_000_000), TOKEN, b"").hex() == (
        "02f86883064abc82012c8080830f42409411111111111111111111111111111111111111118080"
        "c080a0066f3d0a7c82985626ebe67d171d0eb950aba33e40970438a1809efd8ca26790"
        "a00e108ecacbafa9863ed4b698d16f741cc3a9627b166fb1b6beed04f8db1e003e"
    )


def test_what_is_no_address_or_amount_is_named(wallet):
    with pytest.raises(ValueError, match="`token` is an address"):
        wallet.voucher((CHAIN, ESCROW), OTHER, "0x12", 1)
    with pytest.raises(ValueError, match="`cumulative` is a number of base units below"):
        wallet.voucher((CHAIN, ESCROW), OTHER, TOKEN, 2**96)
    with pytest.raises(ValueError, match="at most 32 bytes"):
        call_data("f(uint256)", [bytes(33)])
    with pytest.raises(ValueError, match="32 bytes"):
        Wallet(bytes(31))
