//! What later kinds of commands add to the committed log: rewards, licences, service, passkeys.

/// Lines of a script, after all others of the committed log.
pub const STORY: &str = "
    deposit req 900 token=1
    campaign req fund=19 bonus=24 bonus-budget=300 worth=1 units=20 prefix=3
    round 16 gold=10
    seal eve 16
    seal gus 16 to=10 always=1
    open 16
    score 16 closing
    finish req 16
    campaign req fund=0 price=0 budget=0 units=20 prefix=4
    round 17 gold=10
    seal eve 17
    open 17
    score 17 closing
    finish req 17
    asset dev floor=200000 price=10
    list dev 8 100 3
    deposit user 5000
    buy user 8 0 130
    buy user 8 4 112
    ungrant user 0
    waive dev 8 req 100000 50
    gateway 7
    passkey pat
    names pat home
    asset pat price=10
    allow user 9 fund=25 cap=500
    use pat 9 allowance=3 times=7
    serve pat 9
    wait 9000
    return 16
    return 17
    epoch
    release 14
    epoch
    release 15
    epoch
    release 16
    names pat other
    calloff pat 1
    names pat other
    roles pat contributor requester
    seen d=300000
    wait 270000000
    withdraw pat 9
    epoch
    release 17
    root 344
    fee 100000 dev later=604800000
    allow user 8 fund=25 cap=300
    use dev 8 allowance=4 times=3
    seen d=1000000
    wait 604800000
    epoch
    serve dev 8
    asset pat price=1
    serve pat 10
    compose pat 10 8,9 most=30
    allow user 10 fund=25 cap=200
    use operator 10 allowance=5 times=2
    use operator 8 allowance=5 times=3
    compose pat 10
    epoch
    disclose fay
    votes 4
    stake fay staked=100
    campaign req fund=19 judged overlap=4 budget=2000 slash=750000 stake=30 units=20 prefix=5
    round 18 units=20 gold=10
    seal fay 18 to=10
    epoch
    twin
    there user 700 token=2
    asset dev price=20 token=2
    allow user 11 fund=26 cap=100
    use dev 11 allowance=6 times=3
    epoch
    through
    epoch
    prove
    use dev 11 allowance=6 times=1
    epoch
    epoch
    credit user 9
    redeemed user 70
    use pat 9 allowance=7 times=3
    epoch
";
