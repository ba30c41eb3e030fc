//! Scenarios as text: one command a line, its outcome behind an arrow, money where it is asked for.

use crate::kit::{ppm, terms};
use crate::world::{FAR_MS, World, units};
use expect_test::Expect;
use protocol::campaign::{Bonus, Method};
use protocol::event::PurseOwner;
use protocol::judging::{Appeal, Verdict};
use protocol::operation::Erasure;
use protocol::terms::Demand;
use protocol::{Amount, CampaignId, Command, FundId, Rejection, Scope};

/// Plays the commands of a story, holds what they show against the story, and replays their log.
/// Lines that are set in, and what stands behind an arrow, are outcomes.
pub fn check(story: Expect) {
    let text = story.data().to_owned();
    let margin = text.find(|c: char| c != '\n' && c != ' ').unwrap_or(0);
    let margin = margin - text[..margin].rfind('\n').map_or(0, |at| at + 1);
    let told = text.lines().filter_map(|line| line.get(margin..));
    let commands = told.filter(|line| !line.starts_with(' '));
    let script: Vec<&str> = commands
        .map(|line| line.split("  ->").next().unwrap())
        .collect();
    story.assert_eq(&play(&script.join("\n")).1);
}

/// Plays a script, one command a line; the world it made and what it shows.
pub fn play(script: &str) -> (World, String) {
    let mut world = World::new(2);
    let mut shown = String::new();
    for line in script
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
    {
        let line = Line::new(line);
        let said = line.run(&mut world);
        shown.push_str(&format!("{}{said}\n", line.text));
        world.time_ms += 1;
    }
    world.replay();
    (world, shown)
}

struct Line<'a> {
    text: &'a str,
    words: Vec<&'a str>,
}

impl<'a> Line<'a> {
    fn new(text: &'a str) -> Self {
        let words = text.split_whitespace().collect();
        Self { text, words }
    }

    fn word(&self, at: usize) -> &'a str {
        self.words
            .get(at)
            .unwrap_or_else(|| panic!("`{}` lacks word {at}", self.text))
    }

    fn number(&self, at: usize) -> u32 {
        self.word(at).parse().expect("a number")
    }

    /// The value of `key=value`, or what stands for it.
    fn key(&self, key: &str, otherwise: u64) -> u64 {
        let values = self.words.iter().filter_map(|word| word.split_once('='));
        values
            .filter(|(name, _)| *name == key)
            .map(|(_, value)| value.parse().expect("a number"))
            .next()
            .unwrap_or(otherwise)
    }

    /// What stands behind `prefix:` in each word that begins so.
    fn named(&self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        let words = self.words.clone().into_iter();
        words.filter_map(move |word| word.strip_prefix(prefix))
    }

    fn has(&self, word: &str) -> bool {
        self.words.contains(&word)
    }

    fn run(&self, world: &mut World) -> String {
        if let Some(shown) = self.question(world) {
            return shown;
        }
        match self.command(world) {
            Ok(()) => String::new(),
            Err(rejection) => format!("  -> {}", rejection.code()),
        }
    }

    fn question(&self, world: &mut World) -> Option<String> {
        match self.word(0) {
            "join" => {
                let joined = self.words[1..].iter().map(|name| world.join(name));
                Some(joined.map(|_| "").collect())
            }
            "wait" => {
                world.time_ms += u64::from(self.number(1));
                Some(String::new())
            }
            "purses" => Some(purses(world)),
            "earned" => Some(earned(world)),
            "lines" => Some(crate::line::lines(world)),
            "reason" => {
                let id = world.id(self.word(1));
                let campaign = CampaignId(self.number(2));
                let reason = ledger::reason::reason(&world.state, campaign, id);
                let reason = reason.map_or("none".into(), |told| told.to_string());
                Some(format!("\n  {}", reason.replace("; ", ";\n  ")))
            }
            "skill" => {
                let (id, skill) = (world.id(self.word(1)), self.word(2));
                let known = world.state.practice.evidence.iter();
                let known = known.filter(|((account, of, _), _)| *account == id && of == skill);
                let rows = known.map(|((_, _, requester), it)| {
                    let (right, seen) = (it.evidence.right_milli, it.evidence.seen_milli);
                    let (wealth, reputation) = (it.evidence.wealth, it.reputation);
                    format!("\n  by {requester}: {right} of {seen}, wealth {wealth}, {reputation}")
                });
                Some(rows.collect())
            }
            "taken" => {
                let (id, campaign) = (world.id(self.word(1)), CampaignId(self.number(2)));
                let prior = &world.state.campaign(campaign).unwrap().conduct.prior;
                let wealth = prior.get(&id).map(|prior| prior.wealth);
                Some(format!("\n  wealth {}", wealth.unwrap_or_default()))
            }
            "labels" => Some(labels(world, self.number(1))),
            _ => None,
        }
    }

    fn command(&self, world: &mut World) -> Result<(), Rejection> {
        let name = self.words.get(1).copied().unwrap_or_default();
        match self.word(0) {
            "disclose" => world.disclose(name),
            "deposit" => {
                let amount = u128::from(self.number(2));
                let token = u16::try_from(self.key("token", 0)).unwrap();
                let cap = u128::from(self.key("cap", u64::MAX));
                world.deposit(name, token, amount, cap)
            }
            "campaign" => self.campaign(world, name),
            "round" => {
                let gold = self.key("gold", 0);
                let wrong = self.key("wrong", 0);
                let label = |unit: u64| {
                    let truth = self.key("class", (unit + u64::from(unit < wrong)) % 2);
                    (unit < gold).then_some(truth as u16)
                };
                let gold: Vec<_> = (0..self.key("units", 20)).map(label).collect();
                world.round(self.number(1), &gold)
            }
            "seal" => {
                let answers = (self.key("from", 0)..self.key("to", 20)).map(|unit| {
                    let label = self.key("always", unit % 2);
                    (unit as u32, label as u16)
                });
                world.seal(name, self.number(2), &answers.collect::<Vec<_>>())
            }
            "open" => world.open_seals(self.number(1), self.words.get(2).copied().unwrap_or("")),
            "score" => {
                let scores = world.scores(self.number(1), self.has("closing"));
                world.post_scores(self.number(1), &scores, self.has("closing"))
            }
            "finish" => {
                let id = CampaignId(self.number(2));
                world.ask(name, Command::CloseCampaign(id))
            }
            "return" => {
                let id = CampaignId(self.number(1));
                world.ask("operator", Command::ReturnHeld(id))
            }
            _ => self.judging(world, name),
        }
    }

    /// Commands of campaigns with a method.
    fn judging(&self, world: &mut World, name: &str) -> Result<(), Rejection> {
        match self.word(0) {
            "appeal" => {
                let (campaign, block) = (CampaignId(self.number(2)), self.number(3));
                world.ask(name, Command::Appeal(Appeal { campaign, block }))
            }
            "verdict" => {
                let verdict = Verdict {
                    campaign: CampaignId(self.number(2)),
                    account: world.id(self.word(3)),
                    block: self.number(4),
                    upheld: self.has("upheld"),
                };
                world.ask(name, Command::GiveVerdict(verdict))
            }
            "sure" => {
                let units = self.key("from", 0) as u32..self.key("to", 20) as u32;
                world.close_units(self.number(1), units)
            }
            "pause" => world.pause(self.number(1), self.word(2)),
            "undo" => {
                let entry = u64::from(self.number(3));
                let field = u16::try_from(self.key("field", 0)).unwrap();
                let answer = (self.key("unit", 0) as u32, self.key("label", 1) as u16);
                let text = self.named("text:").next();
                world.undo(name, self.number(2), (entry, field), answer, text)
            }
            _ => self.market(world, name),
        }
    }

    fn market(&self, world: &mut World, name: &str) -> Result<(), Rejection> {
        match self.word(0) {
            "asset" => {
                let demand = ppm(self.key("floor", 0) as u32);
                let demand = match self.key("flow", 0) as u32 {
                    0 => Demand::Floor(demand),
                    flow => Demand::Flow(ppm(flow)),
                };
                let mut terms = terms(demand, u128::from(self.key("price", 10)));
                terms.token.0 = self.key("token", 0) as u16;
                let parents = self.words.iter().filter_map(|w| w.strip_prefix("parent:"));
                let parents: Vec<u32> = parents.map(|id| id.parse().unwrap()).collect();
                world.asset(name, terms, &parents)
            }
            "allow" => {
                let cap = u128::from(self.key("cap", 100));
                let fund = self.key("fund", 1);
                world.allow(name, self.number(2), fund, cap, self.key("for", 1_000_000))
            }
            "use" => {
                let allowance = self.key("allowance", 0) as u32;
                world.meter(name, self.number(2), allowance, self.key("times", 1) as u32)
            }
            "epoch" => world.epoch(),
            "release" => world.release(u64::from(self.number(1))),
            "refund" => world.refund(u64::from(self.number(1)), u128::from(self.number(2))),
            "passkey" | "names" | "calloff" => crate::payout::command(world, name, &self.words),
            "list" | "buy" | "ungrant" | "waive" | "compose" => {
                crate::market::command(world, name, &self.words)
            }
            "votes" | "stake" => crate::line::command(world, &self.words),
            "twin" | "there" | "through" | "prove" => crate::chains::command(world, &self.words),
            "credit" | "redeemed" => crate::credit::command(world, &self.words),
            _ => self.keeping(world, name),
        }
    }

    /// Commands that keep the log itself. Witnesses say in seconds what time it is.
    fn keeping(&self, world: &mut World, name: &str) -> Result<(), Rejection> {
        let all = Scope::WORK.and(Scope::REQUEST).and(Scope::PUBLISH);
        match self.word(0) {
            "root" => world.post_root(u64::from(self.number(1))),
            "witnesses" => world.set_witnesses(name, self.key("quorum", 1) as u16),
            "seen" => {
                let times = self.words[1..].iter().map(|word| {
                    let (letter, time_s) = word.split_once('=').expect("a witness and its time");
                    (letter.chars().next().unwrap(), time_s.parse().unwrap())
                });
                world.witness(&times.collect::<Vec<_>>())
            }
            "logkey" => world.rotate_log(self.number(1) as u8),
            "operator" => world.rotate_operator(name),
            "key" => world.add_key(name, self.word(2), all, self.key("until", FAR_MS)),
            "walletkey" => world.add_wallet_key(name, self.word(2), all, FAR_MS),
            "revoke" => world.revoke(name, self.word(2)),
            "roles" => world.set_roles(name, &self.words[2..].join(" ")),
            "return-with" => world.return_with(name, self.word(2)),
            "serve" => {
                let prices = (self.key("input", 0), self.key("output", 0));
                world.serve(name, self.number(2), prices)
            }
            "withdraw" => world.withdraw(name, self.number(2)),
            "gateway" => world.set_gateway(self.number(1) as u8),
            "fee" => world.set_fee(self.number(1), self.word(2), self.key("later", 0)),
            "erase" => world.erase(Erasure::Body(u64::from(self.number(1)))),
            "forget" => world.erase(world.sidecar(self.number(1), self.number(2) as usize)),
            other => panic!("no command is called `{other}`"),
        }
    }

    fn campaign(&self, world: &mut World, name: &str) -> Result<(), Rejection> {
        let (count, prefix) = (self.key("units", 20) as u32, self.key("prefix", 0));
        let mut spec = world.spec_of(self.key("fund", 1), count, prefix);
        spec.budget_units = units(u128::from(self.key("budget", 1_000)));
        spec.price_units = units(u128::from(self.key("price", 10)));
        spec.rule.gold_share = ppm(self.key("gold", 500_000) as u32);
        spec.rule.reference_accuracy = ppm(self.key("ref", 700_000) as u32);
        spec.terms.token.0 = self.key("token", 0) as u16;
        spec.overlap = self.key("overlap", 3) as u16;
        spec.skill = self.named("skill:").next().unwrap_or("spam").into();
        let amount = |key, usual| units(u128::from(self.key(key, usual)));
        let fund = self.key("bonus", 0);
        spec.bonus = (fund > 0).then(|| Bonus {
            fund: FundId(fund),
            budget_units: amount("bonus-budget", 1_000),
            price_units: amount("bonus-price", 3),
            worth_units: amount("worth", 0),
        });
        spec.terms.contributors_share = ppm(self.key("share", 600_000) as u32);
        if self.has("judged") {
            let accounts = |names: Vec<&str>| {
                let mut ids: Vec<_> = names.iter().map(|name| world.id(name)).collect();
                ids.sort_unstable();
                ids
            };
            spec.method = Some(Box::new(Method {
                algorithm: "headwater-pay@2".into(),
                trusts: accounts(self.named("trusts:").collect()),
                panel: accounts(self.named("panel:").collect()),
                verdict_units: units(u128::from(self.key("fee", 5))),
                panel_ms: 3_000,
                slash_below: ppm(self.key("slash", 0) as u32),
                stake_units: units(u128::from(self.key("stake", 0))),
                target: ppm(self.key("target", 0) as u32),
            }));
        }
        world.ask(name, Command::OpenCampaign(spec))
    }
}

/// Every purse with money in it, and what waits in holds, in both tokens.
fn purses(world: &World) -> String {
    let mut shown = String::new();
    for purse in world.state.book.purses() {
        if !purse.balance.is_zero() {
            shown.push_str(&format!(
                "\n  {:<16}{} of token {}",
                owner(world, purse.owner),
                purse.balance,
                purse.token
            ));
        }
    }
    let rests = world.state.book.holds().iter();
    let held = rests.fold(Amount::ZERO, |sum, hold| {
        sum.checked_add(hold.rest).unwrap()
    });
    shown.push_str(&format!("\n  {:<16}{held}", "held"));
    shown
}

fn owner(world: &World, owner: PurseOwner) -> String {
    match owner {
        PurseOwner::Fund(FundId(id)) => format!("fund {id}"),
        PurseOwner::Budget(id) => format!("budget {id}"),
        PurseOwner::Forfeit(id) => format!("forfeit {id}"),
        PurseOwner::Gross(id) => format!("gross {id}"),
        PurseOwner::Pot(id) => format!("pot {id}"),
        PurseOwner::Pool(id) => format!("pool {id}"),
        PurseOwner::Panel(id) => format!("panel {id}"),
        PurseOwner::Credit(id) => format!("credit {id}"),
        PurseOwner::Earned(id) => {
            let known = world.actors.iter().find(|(_, a)| a.account == Some(id));
            format!("earned {}", known.map_or("?", |(name, _)| name))
        }
    }
}

fn earned(world: &World) -> String {
    let mut shown = String::new();
    for (name, actor) in &world.actors {
        for token in (0..2).filter(|_| actor.account.is_some()) {
            let sum = world.earned(name, token);
            if sum > 0 {
                shown.push_str(&format!("\n  {name:<16}{sum} of token {token}"));
            }
        }
    }
    shown
}

/// Consensus as digits, `-` where there is none.
fn labels(world: &World, campaign: u32) -> String {
    let units = &world.state.campaign(CampaignId(campaign)).unwrap().units;
    let digit = |label: Option<u16>| label.map_or("-".to_owned(), |label| label.to_string());
    let text: String = units.iter().map(|unit| digit(unit.label)).collect();
    format!("\n  {text}")
}
